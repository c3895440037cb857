export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `topic-partition`, as Kafka's own tools print it. Unambiguous: the number follows the last hyphen. */
export type TopicPartitionKey = `${string}-${number}`

export function topicPartitionKey(topic: string, partition: number): TopicPartitionKey {
  return `${topic}-${partition}`
}
