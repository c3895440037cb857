import { MillraceError } from '@millrace/core/spi'
import type { Isolation } from '../client/isolation.ts'
import type { KafkaClient, OffsetSpec } from '../client/kafka-client.ts'
import { topicPartitionKey } from '../client/topic-partition.ts'
import type { TopicPartition, TopicPartitionKey } from '../client/topic-partition.ts'
import { timestampMs } from './offset-options.ts'
import type { OffsetReset, OffsetTable, StartingOffsets, StoppingOffsets } from './offset-options.ts'
import { partitionError } from './partition-error.ts'

export interface OffsetLookup {
  readonly client: KafkaClient
  readonly isolation: Isolation
  readonly groupId: string | undefined
}

type Offsets = ReadonlyMap<TopicPartitionKey, number>

/** Every partition's offset to begin with. */
export async function startingOffsets(lookup: OffsetLookup, partitions: readonly TopicPartition[], spec: StartingOffsets): Promise<Offsets> {
  if (spec === 'earliest' || spec === 'latest') return listOffsets(lookup, partitions, spec)
  if ('timestamp' in spec) return timestampOffsets(lookup, partitions, timestampMs(spec.timestamp))
  if ('offsets' in spec) return completed(lookup, partitions, tableOffsets(partitions, spec.offsets), spec.orElse ?? 'earliest', 'startingOffsets of kafkaSource name no offset')
  const committed = await committedOffsets(lookup, partitions)
  return completed(lookup, partitions, committed, spec.committedOr, `group ${lookup.groupId} has committed nothing`)
}

/** Every partition's offset to end before. */
export async function stoppingOffsets(lookup: OffsetLookup, partitions: readonly TopicPartition[], spec: StoppingOffsets): Promise<Offsets> {
  if (spec === 'latest') return listOffsets(lookup, partitions, spec)
  if (spec === 'committed') return completed(lookup, partitions, await committedOffsets(lookup, partitions), 'fail', `group ${lookup.groupId} has committed nothing`)
  if ('timestamp' in spec) return timestampOffsets(lookup, partitions, timestampMs(spec.timestamp))
  return completed(lookup, partitions, tableOffsets(partitions, spec.offsets), 'fail', 'stoppingOffsets of kafkaSource name no offset')
}

async function committedOffsets({ client, groupId = '' }: OffsetLookup, partitions: readonly TopicPartition[]): Promise<Map<TopicPartitionKey, number>> {
  const found = new Map<TopicPartitionKey, number>()
  for (const [key, offset] of await client.committedOffsets(groupId, partitions)) if (offset !== null) found.set(key, offset)
  return found
}

function tableOffsets(partitions: readonly TopicPartition[], table: OffsetTable): Map<TopicPartitionKey, number> {
  const found = new Map<TopicPartitionKey, number>()
  for (const { topic, partition } of partitions) {
    const offset = table[topic]?.[partition]
    if (offset !== undefined) found.set(topicPartitionKey(topic, partition), offset)
  }
  return found
}

async function timestampOffsets(lookup: OffsetLookup, partitions: readonly TopicPartition[], timestamp: number): Promise<Offsets> {
  return completed(lookup, partitions, await listOffsets(lookup, partitions, { timestamp }), 'latest', '')
}

/** `found` with what is missing. Throws KAFKA_NO_OFFSET when nothing may take its place. */
async function completed(lookup: OffsetLookup, partitions: readonly TopicPartition[], found: Map<TopicPartitionKey, number>, orElse: OffsetReset | 'fail', why: string): Promise<Offsets> {
  const missing = partitions.filter(({ topic, partition }) => !found.has(topicPartitionKey(topic, partition)))
  if (missing.length === 0) return found
  if (orElse === 'fail') {
    const names = missing.map(({ topic, partition }) => topicPartitionKey(topic, partition)).join(', ')
    throw new MillraceError('KAFKA_NO_OFFSET', `Expected an offset for ${names}, found that ${why} for it. Name one, or say what to do instead ('earliest', 'latest')`, { origin: 'user' })
  }
  for (const [key, offset] of await listOffsets(lookup, missing, orElse)) found.set(key, offset)
  return found
}

/** Those that have such an offset: with a timestamp, some may not. */
async function listOffsets({ client, isolation }: OffsetLookup, partitions: readonly TopicPartition[], spec: OffsetSpec): Promise<Map<TopicPartitionKey, number>> {
  const listed = await client.listOffsets(partitions, spec, isolation)
  const found = new Map<TopicPartitionKey, number>()
  for (const { topic, partition } of partitions) {
    const key = topicPartitionKey(topic, partition)
    const answer = listed.get(key)
    if (answer?.failure !== undefined) throw partitionError(`look up offsets of ${key}`, topic, answer.failure)
    if (answer?.offset !== undefined && answer.offset !== null) found.set(key, answer.offset)
  }
  return found
}
