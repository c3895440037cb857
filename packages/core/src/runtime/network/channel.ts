import type { StreamElement } from './stream-element.ts'

/** What a row is taken for until a batch has shown its size. */
export const ASSUMED_ROW_BYTES = 64

/**
 * The producer's end of a channel between two subtasks. Bounded in bytes by credit: a producer takes no input while
 * `isAvailable` is false, so the bound is overdrawn by at most what one step of the producer emits.
 */
export interface ChannelProducer {
  /** Asked once per step, not per record. Whoever finds it false is told by `onSpace`. */
  readonly isAvailable: boolean
  /** Most records a batch should have, so that a slow consumer is not given seconds of work at once. Absent: as many as usual. */
  readonly batchRows?: number | undefined
  /** Called when a full channel has room again; perhaps also when it has none after all. */
  onSpace: () => void
  /** Never blocks and never refuses. Throws what the codec throws when a record does not fit the type of the edge. */
  push(element: StreamElement): void
}

/** What the input of a task shows of a channel. */
export interface ChannelGauges {
  /** On their way to the consumer. */
  readonly queuedBytes: number
  /** The limit now: what debloating has made of the buffer. */
  readonly limitBytes: number
  /** How long the queued bytes will take at the present rate; 0 while the rate is not known. */
  readonly estimatedTimeToConsumeMs: number
}

/** The consumer's end of a channel. */
export interface ChannelConsumer {
  /** Called when a channel that was found empty has something to poll; perhaps also when it has nothing after all. */
  onData: () => void
  /** The next element in the producer's order, or undefined. Throws when a frame is damaged. */
  poll(): StreamElement | undefined
}
