import { defineSource, durationMs } from '@millrace/core/spi'
import type { BadRecordPolicy, Duration, Logger, Source } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from '../client/connection-options.ts'
import type { Isolation } from '../client/isolation.ts'
import type { KafkaClient, KafkaClientFactory } from '../client/kafka-client.ts'
import { kafkaJsClient } from '../client/kafkajs-client.ts'
import type { ReaderOptions } from '../client/partition-reader.ts'
import type { TopicPartition } from '../client/topic-partition.ts'
import type { ReadFormat } from '../records/message-format.ts'
import type { KafkaDeserializationSchema } from '../records/record-deserialization.ts'
import { valueOnly } from '../records/value-only.ts'
import { badOption } from './bad-option.ts'
import { kafkaEnumerator } from './kafka-enumerator.ts'
import type { KafkaEnumeratorState } from './kafka-enumerator.ts'
import { KafkaReader } from './kafka-reader.ts'
import type { KafkaReading } from './kafka-reading.ts'
import type { KafkaSplit } from './kafka-split.ts'
import { checkOffsets, describeOffsets } from './offset-options.ts'
import type { OffsetReset, StartingOffsets, StoppingOffsets } from './offset-options.ts'
import { describeSubscription, subscriptionOf } from './subscription.ts'

export interface KafkaSourceOptions<T> extends KafkaConnectionOptions {
  /** One topic or several, or all whose names match an expression, those created later too. Either this or `partitions`. */
  readonly topics?: string | readonly string[] | RegExp
  readonly partitions?: readonly TopicPartition[]
  /** Of the values, such as `jsonLines(Flight)`. Either this or `deserializer`. */
  readonly format?: ReadFormat<T>
  /** For keys, headers, partitions, offsets: `keyAndValue(…)`, `mapRecord(…)`, or your own. */
  readonly deserializer?: KafkaDeserializationSchema<T>
  /** Where the first start begins. Default `earliest`. A restored job goes on from its checkpoint. */
  readonly startingOffsets?: StartingOffsets
  /** Makes the source bounded: it ends there. Default: it reads for ever. */
  readonly stoppingOffsets?: StoppingOffsets
  /** Default `read_committed`: records of aborted transactions are never seen, those of open ones once they are committed. */
  readonly isolation?: Isolation
  /** Whose committed offsets are read at the start, if asked for, and written after each checkpoint. There is no consumer group otherwise. */
  readonly groupId?: string
  /** Tell `groupId` after each checkpoint how far it goes, for tools that watch lag. Default true. */
  readonly commitOffsets?: boolean
  /** How often new partitions, and new topics of a pattern, are looked for; or `never`. Default 5 min. A bounded source does not look. */
  readonly discoverEvery?: Duration | 'never'
  /** What to do when retention deleted what comes next. Default `fail`: records were lost. */
  readonly outOfRange?: OffsetReset | 'fail'
  /** Default `fail`. */
  readonly onBadRecord?: BadRecordPolicy
  readonly fetch?: Omit<ReaderOptions, 'isolation' | 'onRetry' | 'onRecovered'>
  /** Default: sockets of our own that log in with kafkajs. */
  readonly client?: KafkaClientFactory
}

/**
 * Reads topics of Kafka, each partition by one subtask, without a consumer group: which offset comes next is in the job's
 * checkpoints alone, so every record counts once. The timestamps of records are their event times, and watermarks are kept per
 * partition.
 */
export function kafkaSource<T>(options: KafkaSourceOptions<T>): Source<T> {
  const deserialization = deserializationOf(options)
  const reading = readingOf(options)
  const { brokers, onBadRecord } = options
  const bounded = reading.stopping !== undefined
  return defineSource<T, KafkaSplit, KafkaEnumeratorState>({
    name: 'kafka',
    bounded,
    ...(deserialization.type === undefined ? {} : { type: deserialization.type }),
    ...(onBadRecord === undefined ? {} : { onBadRecord }),
    description: {
      brokers: typeof brokers === 'string' ? brokers : brokers.join(', '),
      topics: describeSubscription(reading.subscription),
      format: deserialization.name,
      startingOffsets: describeOffsets(reading.starting),
      stoppingOffsets: reading.stopping === undefined ? null : describeOffsets(reading.stopping),
      isolation: reading.isolation,
      groupId: reading.groupId ?? null,
      outOfRange: reading.outOfRange,
    },
    createEnumerator: (context, restored) => kafkaEnumerator(reading, context, restored),
    createReader: (context) => new KafkaReader(reading, deserialization, context),
  })
}

function deserializationOf<T>({ format, deserializer }: KafkaSourceOptions<T>): KafkaDeserializationSchema<T> {
  if (format !== undefined && deserializer === undefined) return valueOnly(format)
  if (deserializer !== undefined && format === undefined) return deserializer
  throw badOption('kafkaSource', 'given either a format or a deserializer', format === undefined ? undefined : 'both')
}

const DISCOVER_EVERY: Duration = '5min'

function readingOf(options: KafkaSourceOptions<unknown>): KafkaReading {
  const { topics, partitions, startingOffsets = 'earliest', stoppingOffsets, isolation = 'read_committed', groupId, commitOffsets, discoverEvery = DISCOVER_EVERY, outOfRange = 'fail', fetch = {} } = options
  checkOffsets(startingOffsets, stoppingOffsets, groupId)
  if (groupId === '') throw badOption('groupId of kafkaSource', 'a name', groupId)
  if (commitOffsets === true && groupId === undefined) throw badOption('groupId of kafkaSource', 'the group to commit offsets to', groupId)
  if (!['read_committed', 'read_uncommitted'].includes(isolation)) throw badOption('isolation of kafkaSource', "'read_committed' or 'read_uncommitted'", isolation)
  if (!['fail', 'earliest', 'latest'].includes(outOfRange)) throw badOption('outOfRange of kafkaSource', "'fail', 'earliest' or 'latest'", outOfRange)
  const discoverEveryMs = discoverEvery === 'never' || stoppingOffsets !== undefined ? undefined : durationMs(discoverEvery)
  if (discoverEveryMs === 0) throw badOption('discoverEvery of kafkaSource', "above zero, or 'never'", discoverEvery)
  return {
    subscription: subscriptionOf(topics, partitions),
    starting: startingOffsets,
    stopping: stoppingOffsets,
    isolation,
    groupId,
    discoverEveryMs,
    outOfRange,
    fetch,
    commitsOffsets: groupId !== undefined && commitOffsets !== false,
    openClient: (logger) => openClient(options, logger),
  }
}

async function openClient(options: KafkaSourceOptions<unknown>, logger: Logger): Promise<KafkaClient> {
  const client = (options.client ?? kafkaJsClient)(options, { logger })
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
