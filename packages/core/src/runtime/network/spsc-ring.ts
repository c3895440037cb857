/*
 * A bounded byte pipe between two threads: one writes, one reads, neither locks or waits.
 *
 * The algorithm is Lamport's ring buffer for one producer and one consumer ("Specifying Concurrent Program Modules", TOPLAS
 * 1983): each position is written by one side only. As in MCRingBuffer (Lee, Bu, Chandranmenon, IPDPS 2010) a side keeps the
 * other's position as it last saw it, and looks again only when that says full or empty. Positions count bytes modulo 2^32
 * and are masked into the buffer, so that full and empty need no spare slot; they lie on cache lines of their own.
 *
 * Bytes are copied with plain stores and published by an atomic store of the position, which the other side loads before it
 * reads them: Atomics are sequentially consistent, so all that was written before the store is visible after the load.
 */

const WRITE_WORD = 0
const READ_WORD = 16
/** Bytes before the buffer: two positions, each on a cache line of 64 bytes. */
const HEADER_BYTES = 128
/** A distance between two positions must stay below 2^32. */
const MAX_CAPACITY_BYTES = 2 ** 30

/** The least power of two that holds `bytes`, at most 1 GiB. */
export function ringCapacity(bytes: number): number {
  return Math.min(2 ** Math.ceil(Math.log2(Math.max(bytes, 1))), MAX_CAPACITY_BYTES)
}

/** Shared memory that a ring of this capacity takes. It begins zeroed and at a multiple of 64. */
export function ringMemoryBytes(capacityBytes: number): number {
  return HEADER_BYTES + capacityBytes
}

/** The writing side. One thread, one instance. */
export class RingProducer {
  readonly #capacityBytes: number
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  #write: number
  #readSeen: number

  constructor(memory: SharedArrayBuffer, offset: number, capacityBytes: number) {
    this.#capacityBytes = capacityBytes
    this.#words = new Int32Array(memory, offset, HEADER_BYTES / 4)
    this.#bytes = new Uint8Array(memory, offset + HEADER_BYTES, capacityBytes)
    this.#write = Atomics.load(this.#words, WRITE_WORD)
    this.#readSeen = Atomics.load(this.#words, READ_WORD)
  }

  /** Bytes written and, as far as is known, not read. Never too low. */
  get queuedSeenBytes(): number {
    return (this.#write - this.#readSeen) >>> 0
  }

  /** Bytes written and not read now. */
  queuedBytes(): number {
    this.#readSeen = Atomics.load(this.#words, READ_WORD)
    return this.queuedSeenBytes
  }

  /** Writes as many bytes as there is room for, and returns how many. */
  write(source: Uint8Array, start: number, end: number): number {
    const wanted = end - start
    let free = this.#capacityBytes - this.queuedSeenBytes
    if (free < wanted) free = this.#capacityBytes - this.queuedBytes()
    const count = free < wanted ? free : wanted
    if (count === 0) return 0
    const at = this.#write & (this.#capacityBytes - 1)
    const untilEnd = this.#capacityBytes - at
    if (count <= untilEnd) {
      this.#bytes.set(source.subarray(start, start + count), at)
    } else {
      this.#bytes.set(source.subarray(start, start + untilEnd), at)
      this.#bytes.set(source.subarray(start + untilEnd, start + count), 0)
    }
    this.#write = (this.#write + count) | 0
    Atomics.store(this.#words, WRITE_WORD, this.#write)
    return count
  }
}

/** The reading side. One thread, one instance. */
export class RingConsumer {
  readonly #capacityBytes: number
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  #read: number
  #writeSeen: number

  constructor(memory: SharedArrayBuffer, offset: number, capacityBytes: number) {
    this.#capacityBytes = capacityBytes
    this.#words = new Int32Array(memory, offset, HEADER_BYTES / 4)
    this.#bytes = new Uint8Array(memory, offset + HEADER_BYTES, capacityBytes)
    this.#read = Atomics.load(this.#words, READ_WORD)
    this.#writeSeen = this.#read
  }

  /** Bytes that `read` can take: those written before the last `refresh`. */
  get seenBytes(): number {
    return (this.#writeSeen - this.#read) >>> 0
  }

  /** Takes notice of all that has been written; returns how many bytes can be read. */
  refresh(): number {
    this.#writeSeen = Atomics.load(this.#words, WRITE_WORD)
    return this.seenBytes
  }

  /** Moves `count` bytes, at most `seenBytes`, into `target` at `position`. */
  read(target: Uint8Array, position: number, count: number): void {
    const at = this.#read & (this.#capacityBytes - 1)
    const untilEnd = this.#capacityBytes - at
    if (count <= untilEnd) {
      target.set(this.#bytes.subarray(at, at + count), position)
    } else {
      target.set(this.#bytes.subarray(at), position)
      target.set(this.#bytes.subarray(0, count - untilEnd), position + untilEnd)
    }
    this.#read = (this.#read + count) | 0
    Atomics.store(this.#words, READ_WORD, this.#read)
  }
}
