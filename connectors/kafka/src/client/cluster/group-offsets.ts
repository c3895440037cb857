import type { CommittedOffset } from '../kafka-client.ts'
import { offsetCommit } from '../protocol/offset-commit.ts'
import { offsetFetch } from '../protocol/offset-fetch.ts'
import { groupByTopic, type OfTopic } from '../protocol/protocol-message.ts'
import { topicPartitionKey, type TopicPartition, type TopicPartitionKey } from '../topic-partition.ts'
import type { Cluster } from './cluster.ts'
import { failureOf, kafkaError } from './protocol-errors.ts'

type Answered = readonly OfTopic<{ readonly errorCode: number }>[]

export async function committedGroupOffsets(cluster: Cluster, groupId: string, partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartitionKey, number | null>> {
  const request = { groupId, topics: groupByTopic(partitions) }
  const { topics, errorCode } = await cluster.askCoordinator('group', groupId, offsetFetch, request, (response) => response.errorCode || firstError(response.topics))
  throwIfFailed(errorCode || firstError(topics), `read the offsets of group '${groupId}'`)
  return new Map(topics.flatMap(({ topic, partitions: found }) => found.map(({ partition, offset }) => [topicPartitionKey(topic, partition), offset < 0 ? null : offset] as const)))
}

export async function commitGroupOffsets(cluster: Cluster, groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
  const answer = await cluster.askCoordinator('group', groupId, offsetCommit, { groupId, topics: groupByTopic(offsets) }, firstError)
  throwIfFailed(firstError(answer), `commit offsets of group '${groupId}' (another consumer of this group may be active)`)
}

function firstError(topics: Answered): number {
  return topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0)?.errorCode ?? 0
}

function throwIfFailed(errorCode: number, what: string): void {
  const failure = failureOf(errorCode)
  if (failure !== undefined) throw kafkaError(failure, what)
}
