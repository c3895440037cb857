import type { Logger } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from './connection-options.ts'
import type { Isolation } from './isolation.ts'
import type { KafkaFailure } from './kafka-failure.ts'
import type { PartitionReader, ReaderOptions } from './partition-reader.ts'
import type { ProducerOptions, RecordProducer } from './record-producer.ts'
import type { TopicPartition, TopicPartitionKey } from './topic-partition.ts'
import type { TransactionCoordinatorClient } from './transaction-coordinator-client.ts'
import type { TransactionalProducer } from './transactional-producer.ts'

/** What a client can do; sources and sinks refuse at start what they need and it lacks. */
export interface ClientCapabilities {
  /** Commits a transaction of a dead process by its stored producer id and epoch: exactly-once sinks need it. */
  readonly resumeTransaction: boolean
  /** Can ask brokers for open transactions, if they are new enough (Kafka 3.0). */
  readonly listTransactions: boolean
  /** Keeps order, repetition and null values of headers. */
  readonly exactHeaders: boolean
}

export interface ClientContext {
  readonly logger: Logger
}

/** The `client` option of sources and sinks: another implementation can be plugged in. Opens nothing before `connect`. */
export type KafkaClientFactory = (connection: KafkaConnectionOptions, context: ClientContext) => KafkaClient

export interface PartitionInfo {
  readonly partition: number
  /** −1 while there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

/** `{ timestamp }`: the first record not older than these epoch milliseconds. */
export type OffsetSpec = 'earliest' | 'latest' | { readonly timestamp: number }

/** `offset` is null if no record is as young as the timestamp asked for. */
export type ListedOffset = { readonly offset: number | null; readonly failure?: undefined } | { readonly failure: KafkaFailure }

/**
 * What sources and sinks need of a Kafka client. Offsets are numbers (below 2^53), times epoch milliseconds.
 * Methods retry with backoff whatever the protocol calls retryable, up to the request timeout; then they reject with a
 * retryable MillraceError `KAFKA_UNAVAILABLE`. Readers and producers share the client's connections, except where one
 * would wait behind another's long poll, and end with `close`.
 */
export interface KafkaClient {
  readonly name: string
  readonly capabilities: ClientCapabilities
  /** Reaches one broker and logs in. Rejects with `KAFKA_UNAVAILABLE` or, not retryable, `KAFKA_AUTHENTICATION`. */
  connect(): Promise<void>
  /** Closes readers, producers and connections. Safe to call twice, and while requests are under way: they reject. */
  close(): Promise<void>

  /** All topics this user may see, internal ones left out. */
  listTopics(): Promise<readonly string[]>
  /** Never creates a topic. */
  describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, { readonly partitions: readonly PartitionInfo[] } | { readonly failure: KafkaFailure }>>
  /** `latest` is the next offset to be written; with `read_committed` the last stable one. */
  listOffsets(partitions: readonly TopicPartition[], spec: OffsetSpec, isolation: Isolation): Promise<ReadonlyMap<TopicPartitionKey, ListedOffset>>

  /** What a group has committed; null where it has not. */
  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number | null>>
  /** Commits without being a member of the group: for monitoring. Rejects if a consumer group of that name is active. */
  commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void>

  createReader(options: ReaderOptions): PartitionReader
  createProducer(options: ProducerOptions): RecordProducer
  createTransactionalProducer(options: ProducerOptions): TransactionalProducer
  transactions(): TransactionCoordinatorClient
}

export interface CommittedOffset extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number
}
