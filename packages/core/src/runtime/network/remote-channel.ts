import type { Counter } from '../../spi/metric-group.ts'
import type { AnyType } from '../../types/type-information.ts'
import type { Clock } from '../time/clock.ts'
import { createChannelMemory } from './channel-memory.ts'
import type { ChannelConsumer, ChannelGauges, ChannelProducer } from './channel.ts'

/** Which channel: an edge of the job graph, and one subtask at either end of it. */
export interface ChannelAddress {
  /** `JobEdge.id`. */
  readonly edge: number
  readonly producer: number
  readonly consumer: number
}

/**
 * A channel between two threads, for one attempt. Plain data: post the same handle to the thread of the producer, which
 * opens the output, and to the thread of the consumer, which opens the input; each end is opened once.
 */
export interface RemoteChannelHandle extends ChannelAddress {
  readonly memory: SharedArrayBuffer
}

/** Makes the shared memory of a channel, in any thread. `limitBytes`: most bytes on their way, as of a local channel. */
export function createRemoteChannel({ edge, producer, consumer }: ChannelAddress, limitBytes: number): RemoteChannelHandle {
  return { edge, producer, consumer, memory: createChannelMemory(limitBytes) }
}

export interface RemoteOutputOptions {
  /** `JobEdge.type`; without it, or with types.generic(), records cross as MessagePack. */
  readonly type: AnyType | undefined
}

/** The producer's end: a RecordWriter uses it like a LocalChannel. */
export interface RemoteOutputChannel extends ChannelProducer {
  readonly address: ChannelAddress
  /** Bytes that the consumer has not read yet, those without a place in the ring included. */
  readonly queuedBytes: number
  /** Replaced by those of the task: see registerChannelMetrics. Buffers are row frames. */
  numBytesOut: Counter
  numBuffersOut: Counter
  /** Ends waiting: no callback comes after it. The other end is not told, that is the coordinator's business. */
  close(): void
}

export interface RemoteInputOptions {
  /** The same as at the other end. */
  readonly type: AnyType | undefined
  readonly clock: Clock
  /** How long what is on its way should take to be processed: the limit follows it (FLIP-183). Undefined: the limit stays. */
  readonly targetLatencyMs: number | undefined
}

/** The consumer's end: a task polls it like a LocalChannel. */
export interface RemoteInputChannel extends ChannelConsumer, ChannelGauges {
  readonly address: ChannelAddress
  numBytesIn: Counter
  numBuffersIn: Counter
  close(): void
}
