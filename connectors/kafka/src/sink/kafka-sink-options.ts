import type { Duration } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from '../client/connection-options.ts'
import type { KafkaClientFactory } from '../client/kafka-client.ts'
import type { ProducerOptions } from '../client/record-producer.ts'
import type { KafkaSerializationSchema } from '../records/record-serialization.ts'
import type { RecordOptions } from '../records/to-records.ts'
import type { Partitioner } from './partitioner.ts'

/**
 * `none`: nothing is waited for, records may be lost when the job fails. `at-least-once`: a checkpoint waits until the brokers
 * have all records; after a failure some are written again. `exactly-once`: records are written in transactions that are
 * committed with their checkpoint; consumers see them then, and have to read with `isolation.level=read_committed`.
 */
export type DeliveryGuarantee = 'none' | 'at-least-once' | 'exactly-once'

export interface KafkaSinkOptions<T, K = string | Uint8Array | null> extends KafkaConnectionOptions, Partial<RecordOptions<T, K>> {
  /** Instead of `topic`, `format` and the rest of RecordOptions: makes whole records, such as `toRecords(…)`, `deadLetterRecords(topic)` or your own. */
  readonly serializer?: KafkaSerializationSchema<T>
  /** Default `at-least-once`. */
  readonly guarantee?: DeliveryGuarantee
  /** Needed with `exactly-once`: how the transactional ids of this sink begin. No other sink or job may use it, and it stays the same over restarts. */
  readonly transactionalIdPrefix?: string
  /**
   * After so long brokers abort a transaction, and what it wrote is lost. Must outlast the time between two completed checkpoints,
   * restarts included, and must not exceed the brokers' `transaction.max.timeout.ms`. Default 15min, the most that brokers allow unless configured.
   */
  readonly transactionTimeout?: Duration
  /** When a transaction of a completed checkpoint cannot be committed any more: fail (the default), or log it and go on without its records. */
  readonly onLostTransaction?: 'fail' | 'continue'
  /** For records that name no partition. Default: by the hash of the key, as Java clients do it; records without a key go to all in turn. */
  readonly partitioner?: Partitioner
  /** Compression, batches, back-pressure. */
  readonly produce?: Omit<ProducerOptions, 'onRetry' | 'onRecovered'>
  /** Default: sockets of our own that log in with kafkajs. */
  readonly client?: KafkaClientFactory
}
