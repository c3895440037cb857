import type { MillraceError } from '@millrace/core/spi'
import type { KafkaHeader } from './record-cursor.ts'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProducerOptions {
  /** Default `none`. */
  readonly compression?: Compression
  /** How many replicas must have a batch: all in sync (the default), the leader, or nobody is asked. Transactions need `all`. */
  readonly acks?: 'all' | 'leader' | 'none'
  /** A batch is sent when it has so many bytes, or … Default 64 KiB. */
  readonly batchBytes?: number
  /** … after so long. Default 5 ms. */
  readonly lingerMs?: number
  /** `ready` holds the writer back above this. Default 32 MiB. */
  readonly maxBufferedBytes?: number
  /** From the first attempt to send a batch until giving up. Default 120 s. */
  readonly deliveryTimeoutMs?: number
  /** Told of every failed attempt that will be repeated (broker gone, leader moved …), and of the end of such trouble. */
  readonly onRetry?: (error: MillraceError, attempt: number) => void
  readonly onRecovered?: () => void
}

/**
 * Collects records into batches per partition and sends them in order. Idempotent (with `acks: 'all'`): a batch is encoded
 * once and repeated byte for byte, so a lost answer makes no duplicate. After a failure that cannot be repeated, `ready` and
 * `flush` reject with it and the producer is of no more use.
 */
export interface RecordProducer {
  /** Undefined until `loadTopics` has looked the topic up. Follows the cluster: may grow. */
  partitionCount(topic: string): number | undefined
  /** Rejects if one of them does not exist (`KAFKA_UNKNOWN_TOPIC`). */
  loadTopics(topics: readonly string[]): Promise<void>
  /**
   * Copies one record into the batch of its partition. Synchronous; may overdraw the buffer, so ask `ready` after some.
   * Throws `KAFKA_RECORD_TOO_LARGE` or `KAFKA_UNKNOWN_PARTITION`.
   */
  append(topic: string, partition: number, timestamp: number, key: Uint8Array | null, value: Uint8Array | null, headers: readonly KafkaHeader[]): void
  /** Appended and not yet acknowledged. */
  readonly bufferedBytes: number
  /** Undefined: go on. Otherwise resolves when the buffer has room again. */
  ready(): Promise<void> | undefined
  /** Sends everything appended and waits until all of it is acknowledged. */
  flush(): Promise<void>
  /** Drops what was not flushed. */
  close(): Promise<void>
}
