import type { Logger } from '@millrace/core/spi'
import type { Isolation } from '../client/isolation.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { ReaderOptions } from '../client/partition-reader.ts'
import type { OffsetReset, StartingOffsets, StoppingOffsets } from './offset-options.ts'
import type { Subscription } from './subscription.ts'

/** The options of a Kafka source, checked and completed: what its enumerator and readers go by. */
export interface KafkaReading {
  readonly subscription: Subscription
  readonly starting: StartingOffsets
  /** Undefined: the source has no end. */
  readonly stopping: StoppingOffsets | undefined
  readonly isolation: Isolation
  readonly groupId: string | undefined
  /** Undefined: partitions are looked up once. */
  readonly discoverEveryMs: number | undefined
  readonly outOfRange: OffsetReset | 'fail'
  readonly fetch: Omit<ReaderOptions, 'isolation' | 'onRetry' | 'onRecovered'>
  /** Tell the group after each checkpoint how far it goes. */
  readonly commitsOffsets: boolean
  openClient(logger: Logger): Promise<KafkaClient>
}
