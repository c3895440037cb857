import type { KafkaClient } from '../client/kafka-client.ts'
import type { KafkaFailure } from '../client/kafka-failure.ts'
import type { TopicPartition } from '../client/topic-partition.ts'
import { badOption } from './bad-option.ts'

/** All partitions of these topics; of all topics whose names match (internal ones are left out); or these partitions alone. */
export type Subscription =
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'partitions'; readonly partitions: readonly TopicPartition[] }

export function subscriptionOf(topics: string | readonly string[] | RegExp | undefined, partitions: readonly TopicPartition[] | undefined): Subscription {
  if ((topics === undefined) === (partitions === undefined)) throw badOption('kafkaSource', 'given either topics or partitions', partitions === undefined ? undefined : 'both')
  if (partitions !== undefined) {
    const valid = partitions.every(({ topic, partition }) => topic !== '' && Number.isSafeInteger(partition) && partition >= 0)
    if (partitions.length === 0 || !valid) throw badOption('partitions of kafkaSource', 'at least one { topic, partition }', partitions)
    return { kind: 'partitions', partitions }
  }
  // A global or sticky expression remembers where it stopped, and would miss topics.
  if (topics instanceof RegExp) return { kind: 'pattern', pattern: new RegExp(topics.source, topics.flags.replaceAll(/[gy]/g, '')) }
  const names = typeof topics === 'string' ? [topics] : [...new Set(topics)]
  if (names.length === 0 || names.includes('')) throw badOption('topics of kafkaSource', 'at least one name, none of them empty', topics)
  return { kind: 'topics', topics: names }
}

export function isSubscribed(subscription: Subscription, { topic, partition }: TopicPartition): boolean {
  if (subscription.kind === 'topics') return subscription.topics.includes(topic)
  if (subscription.kind === 'pattern') return subscription.pattern.test(topic)
  return subscription.partitions.some((one) => one.topic === topic && one.partition === partition)
}

/** For `explain()` and messages. */
export function describeSubscription(subscription: Subscription): string {
  if (subscription.kind === 'topics') return subscription.topics.join(', ')
  if (subscription.kind === 'pattern') return String(subscription.pattern)
  return subscription.partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')
}

export interface FoundPartitions {
  readonly partitions: readonly TopicPartition[]
  /** Topics and partitions that were asked for by name and are not there. */
  readonly missing: readonly { readonly name: string; readonly topic: string; readonly failure: KafkaFailure }[]
}

const NO_SUCH_PARTITION: KafkaFailure = { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', retryable: true }

/** What the cluster has of it now. */
export async function findPartitions(client: KafkaClient, subscription: Subscription): Promise<FoundPartitions> {
  const described = await client.describeTopics(await topicNames(client, subscription))
  const partitions: TopicPartition[] = []
  const missing: { name: string; topic: string; failure: KafkaFailure }[] = []
  for (const [topic, answer] of described) {
    // A topic that matches a pattern and is gone a moment later was never asked for by name.
    if ('failure' in answer) {
      if (subscription.kind !== 'pattern' || answer.failure.name !== NO_SUCH_PARTITION.name) missing.push({ name: topic, topic, failure: answer.failure })
    } else {
      for (const { partition } of answer.partitions) if (isSubscribed(subscription, { topic, partition })) partitions.push({ topic, partition })
    }
  }
  if (subscription.kind === 'partitions') {
    for (const { topic, partition } of subscription.partitions) {
      const failed = missing.some((one) => one.topic === topic)
      if (!failed && !partitions.some((one) => one.topic === topic && one.partition === partition)) missing.push({ name: `${topic}-${partition}`, topic, failure: NO_SUCH_PARTITION })
    }
  }
  return { partitions, missing }
}

async function topicNames(client: KafkaClient, subscription: Subscription): Promise<readonly string[]> {
  if (subscription.kind === 'topics') return subscription.topics
  if (subscription.kind === 'partitions') return [...new Set(subscription.partitions.map(({ topic }) => topic))]
  return (await client.listTopics()).filter((topic) => subscription.pattern.test(topic))
}
