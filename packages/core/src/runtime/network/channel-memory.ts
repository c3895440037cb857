import { RingConsumer, ringCapacity, ringMemoryBytes, RingProducer } from './spsc-ring.ts'

/*
 * The shared memory of one channel: a header, the ring of the data lane, the ring of the control lane. In the header, on cache
 * lines of their own as both sides write them: the cells in which consumer and producer sleep, and the limit.
 */

/** The consumer sleeps here until there is something to read. */
export const DATA_CELL = 0
/** The producer sleeps here until half of the limit is free. */
export const SPACE_CELL = 16
/** Most bytes on their way; the consumer sets it. */
export const LIMIT_WORD = 32
const CAPACITY_WORD = 33
const HEADER_BYTES = 192
/** Elements are a few bytes each; longer ones cross in pieces. */
const CONTROL_BYTES = 4096
const LEAST_DATA_BYTES = 4096

/** What frames of the two lanes usually take at most: what an end of a channel holds ready. */
export const USUAL_DATA_BYTES: number = 32 * 1024
export const USUAL_CONTROL_BYTES = 256

/** What each end of a channel works on. */
export interface ChannelMemory<Ring> {
  readonly words: Int32Array
  readonly data: Ring
  readonly control: Ring
}

export function createChannelMemory(limitBytes: number): SharedArrayBuffer {
  const capacityBytes = ringCapacity(Math.max(limitBytes, LEAST_DATA_BYTES))
  const memory = new SharedArrayBuffer(HEADER_BYTES + ringMemoryBytes(capacityBytes) + ringMemoryBytes(CONTROL_BYTES))
  const words = new Int32Array(memory, 0, HEADER_BYTES / 4)
  words[CAPACITY_WORD] = capacityBytes
  words[LIMIT_WORD] = Math.min(limitBytes, capacityBytes)
  return memory
}

export function producerMemory(memory: SharedArrayBuffer): ChannelMemory<RingProducer> {
  return openMemory(memory, RingProducer)
}

export function consumerMemory(memory: SharedArrayBuffer): ChannelMemory<RingConsumer> {
  return openMemory(memory, RingConsumer)
}

function openMemory<Ring>(memory: SharedArrayBuffer, Ring: new (memory: SharedArrayBuffer, offset: number, capacityBytes: number) => Ring): ChannelMemory<Ring> {
  const words = new Int32Array(memory, 0, HEADER_BYTES / 4)
  const capacityBytes = words[CAPACITY_WORD] as number
  return { words, data: new Ring(memory, HEADER_BYTES, capacityBytes), control: new Ring(memory, HEADER_BYTES + ringMemoryBytes(capacityBytes), CONTROL_BYTES) }
}
