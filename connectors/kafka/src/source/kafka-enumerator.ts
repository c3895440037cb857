import { MillraceError } from '@millrace/core/spi'
import type { SplitEnumerator, SplitEnumeratorContext } from '@millrace/core/spi'
import type { KafkaClient } from '../client/kafka-client.ts'
import { topicPartitionKey } from '../client/topic-partition.ts'
import type { TopicPartition, TopicPartitionKey } from '../client/topic-partition.ts'
import type { KafkaReading } from './kafka-reading.ts'
import type { KafkaSplit } from './kafka-split.ts'
import { partitionError } from './partition-error.ts'
import { startingOffsets, stoppingOffsets } from './resolve-offsets.ts'
import { splitOwner } from './split-owner.ts'
import { describeSubscription, findPartitions } from './subscription.ts'

export interface KafkaEnumeratorState {
  /** Every partition found so far, whoever has it now, or whether it was read to its end. */
  readonly known: readonly TopicPartitionKey[]
  /** Of them, those not yet assigned. */
  readonly unassigned: readonly KafkaSplit[]
}

/**
 * Finds partitions, looks up where each begins and ends, and gives each to a fixed subtask. Partitions found after the first
 * look are read from their beginning, wherever the others began: they were empty when the job started.
 */
export function kafkaEnumerator(
  reading: KafkaReading,
  context: SplitEnumeratorContext<KafkaSplit>,
  restored: KafkaEnumeratorState | undefined,
): SplitEnumerator<KafkaSplit, KafkaEnumeratorState> {
  const { subscription, stopping, discoverEveryMs } = reading
  const bounded = stopping !== undefined
  const known = new Set(restored?.known)
  const readers = new Set<number>()
  const warned = new Set<string>()
  let unassigned = [...(restored?.unassigned ?? [])]
  let client: KafkaClient | undefined

  async function discover(connected: KafkaClient, first: boolean): Promise<void> {
    const { partitions, missing } = await findPartitions(connected, subscription)
    for (const { name, topic, failure } of missing) {
      if (first) throw partitionError(`find ${name}`, topic, failure)
      if (!warned.has(name)) context.logger.warn({ topic, failure: failure.name }, `${name} is not there any more`)
      warned.add(name)
    }
    const fresh = partitions.filter(({ topic, partition }) => !known.has(topicPartitionKey(topic, partition)))
    if (first && fresh.length === 0) noTopics()
    if (fresh.length === 0) return
    const splits = await splitsOf(connected, fresh, first)
    // No await from here on: a snapshot must contain a partition as known and as a split, or not at all.
    for (const split of splits) known.add(split.id)
    unassigned.push(...splits.filter(({ offset, stoppingOffset }) => stoppingOffset === null || offset < stoppingOffset))
    context.logger.info({ partitions: splits.map(({ id }) => id).join(', ') }, `${splits.length} partitions found`)
    assign()
  }

  async function splitsOf(connected: KafkaClient, partitions: readonly TopicPartition[], first: boolean): Promise<readonly KafkaSplit[]> {
    const lookup = { client: connected, isolation: reading.isolation, groupId: reading.groupId }
    // To the end of what is written, not only of what is stable: what others have committed behind an open transaction would be missed.
    const stops = stopping === undefined ? undefined : await stoppingOffsets({ ...lookup, isolation: 'read_uncommitted' }, partitions, stopping)
    const starts = await startingOffsets(lookup, partitions, first ? reading.starting : 'earliest')
    return partitions.map(({ topic, partition }) => {
      const id = topicPartitionKey(topic, partition)
      return { id, topic, partition, offset: starts.get(id) ?? 0, stoppingOffset: stops?.get(id) ?? null }
    })
  }

  function noTopics(): void {
    const message = `No topic matches ${describeSubscription(subscription)}`
    if (bounded || discoverEveryMs === undefined) throw new MillraceError('KAFKA_UNKNOWN_TOPIC', `${message}. Check the pattern, and that this user may see the topics`, { origin: 'external' })
    context.logger.warn({}, `${message} yet; looking again every ${discoverEveryMs} ms`)
  }

  function assign(): void {
    const waiting: KafkaSplit[] = []
    const bySubtask = new Map<number, KafkaSplit[]>()
    for (const split of unassigned) {
      const owner = splitOwner(split.topic, split.partition, context.parallelism)
      if (!readers.has(owner)) waiting.push(split)
      else bySubtask.set(owner, [...(bySubtask.get(owner) ?? []), split])
    }
    unassigned = waiting
    for (const [subtask, splits] of bySubtask) context.assignSplits(subtask, splits)
  }

  context.metrics.gauge('unassignedSplits', () => unassigned.length)
  return {
    async start() {
      const connected = await reading.openClient(context.logger)
      client = connected
      // A bounded source knows all it will ever read from its first look.
      if (restored === undefined || !bounded) await discover(connected, restored === undefined)
      if (discoverEveryMs !== undefined) context.every(discoverEveryMs, () => discover(connected, false))
    },
    addReader(subtask, restoredSplits) {
      for (const { id } of restoredSplits) known.add(id)
      readers.add(subtask)
      assign()
    },
    handleSplitRequest: (subtask) => context.signalNoMoreSplits(subtask),
    addSplitsBack(splits) {
      unassigned.push(...splits)
      assign()
    },
    snapshotState: () => ({ known: [...known], unassigned: [...unassigned] }),
    close: () => client?.close(),
  }
}
