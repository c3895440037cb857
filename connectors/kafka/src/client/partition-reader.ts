import type { MillraceError } from '@millrace/core/spi'
import type { Isolation } from './isolation.ts'
import type { KafkaFailure } from './kafka-failure.ts'
import type { RecordCursor } from './record-cursor.ts'
import type { TopicPartition } from './topic-partition.ts'

export interface ReaderOptions {
  readonly isolation: Isolation
  /** How long a broker may wait for `minBytes`. Default 500 ms. */
  readonly maxWaitMs?: number
  /** Default 1. */
  readonly minBytes?: number
  /** Of one answer and partition; a larger batch still comes whole. Default 1 MiB. */
  readonly maxPartitionBytes?: number
  /** Of one answer. Default 8 MiB. */
  readonly maxBytes?: number
  /** A partition with so many bytes waiting to be taken is left out of fetches. Default 2 MiB. */
  readonly maxBufferedPartitionBytes?: number
  /** Told of every failed attempt that will be repeated (broker gone, leader moved …), and of the end of such trouble. */
  readonly onRetry?: (error: MillraceError, attempt: number) => void
  readonly onRecovered?: () => void
}

/**
 * Fetches any number of partitions from their leaders, without a consumer group, and follows leaders as they move.
 * Fetches go on in the background while their results are taken; partitions that are paused or have enough waiting are
 * left out. Not for concurrent use; all methods but `available` and `close` are synchronous.
 */
export interface PartitionReader {
  /** Starts (or moves) these partitions at `offset`. What was fetched of them before is dropped. */
  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void
  unassign(partitions: readonly TopicPartition[]): void
  /** Stops fetching these partitions; what was fetched can still be taken. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** What has arrived, one partition's part of one answer at a time, in offset order per partition; undefined: nothing now. */
  take(): FetchedPartition | undefined
  /** Resolves when `take` has something, or when `signal` is aborted; rejects only with what repeating cannot mend. */
  available(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Emitted if the position moved (also over control records and what compaction removed: then without records), when the
 * end of the partition is reached, and on a failure.
 */
export interface FetchedPartition extends TopicPartition {
  /** Records from the position on; aborted ones are left out when reading committed. */
  readonly records: RecordCursor
  /** Of the records as they were fetched. */
  readonly bytes: number
  /** Where the next fetch begins, after control records and gaps: a bounded read is done when it reaches its end. */
  readonly nextOffset: number
  readonly highWatermark: number
  /** Equals `highWatermark` without open transactions. */
  readonly lastStableOffset: number
  /** When this was fetched there was nothing more to read. */
  readonly caughtUp: boolean
  /**
   * Not retryable for this reader, such as `OFFSET_OUT_OF_RANGE` or `TOPIC_AUTHORIZATION_FAILED`, or `UNKNOWN_TOPIC_OR_PARTITION`
   * for 30 s on end; without records. The partition is not fetched again before the next `assign` of it.
   */
  readonly failure?: KafkaFailure
}
