import type { SourceSplit } from '@millrace/core/spi'
import type { TopicPartition, TopicPartitionKey } from '../client/topic-partition.ts'

/** One partition and how far it was read. Plain data, stored in checkpoints. */
export interface KafkaSplit extends SourceSplit, TopicPartition {
  readonly id: TopicPartitionKey
  /** Of the next record to read. */
  readonly offset: number
  /** The first offset not to be read; null: read for ever. */
  readonly stoppingOffset: number | null
}
