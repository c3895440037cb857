import type { Isolation } from '../isolation.ts'
import type { ListedOffset, OffsetSpec } from '../kafka-client.ts'
import type { KafkaFailure } from '../kafka-failure.ts'
import { listOffsets } from '../protocol/list-offsets.ts'
import { groupByTopic } from '../protocol/protocol-message.ts'
import { topicPartitionKey, type TopicPartition, type TopicPartitionKey } from '../topic-partition.ts'
import type { Cluster } from './cluster.ts'
import { failureOf, kafkaError } from './protocol-errors.ts'

const LATEST = -1
const EARLIEST = -2
const NO_LEADER: KafkaFailure = { code: 5, name: 'LEADER_NOT_AVAILABLE', retryable: true }

/** Asks each leader for its partitions; what fails retryably is asked again, of whom leads it then. */
export async function listPartitionOffsets(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
  isolation: Isolation,
): Promise<ReadonlyMap<TopicPartitionKey, ListedOffset>> {
  const timestamp = spec === 'latest' ? LATEST : spec === 'earliest' ? EARLIEST : spec.timestamp
  const found = new Map<TopicPartitionKey, ListedOffset>()
  let left = partitions
  await cluster.retrying(async () => {
    if (left.some(({ topic, partition }) => cluster.leaderOf(topic, partition) === undefined)) await cluster.refresh([...new Set(left.map(({ topic }) => topic))])
    const byLeader = Map.groupBy(left, ({ topic, partition }) => cluster.leaderOf(topic, partition))
    let failure = byLeader.has(undefined) ? NO_LEADER : undefined
    await Promise.all(
      Array.from(byLeader, async ([leader, led]) => {
        if (leader === undefined) return
        const answer = await (await cluster.connection(leader)).send(listOffsets, { isolation, timestamp, topics: groupByTopic(led) }).catch((error: unknown) => {
          led.forEach((partition) => cluster.forgetLeader(partition))
          throw error
        })
        for (const { topic, partitions: answered } of answer) {
          for (const { partition, errorCode, offset } of answered) {
            const failed = failureOf(errorCode)
            if (failed?.retryable) {
              failure = failed
              cluster.forgetLeader({ topic, partition })
            } else found.set(topicPartitionKey(topic, partition), failed === undefined ? { offset: offset < 0 ? null : offset } : { failure: failed })
          }
        }
      }),
    )
    left = left.filter(({ topic, partition }) => !found.has(topicPartitionKey(topic, partition)))
    if (left.length > 0) throw kafkaError(failure ?? NO_LEADER, `look up offsets of ${left.map(({ topic, partition }) => topicPartitionKey(topic, partition)).join(', ')}`)
  })
  return found
}
