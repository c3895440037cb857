/**
 * The subtask that reads a partition: the partitions of a topic go round all subtasks, and topics begin at different ones, so that
 * many topics with one partition are spread too. The same as Flink's `KafkaSourceEnumerator.getSplitOwner`.
 */
export function splitOwner(topic: string, partition: number, parallelism: number): number {
  const start = (Math.imul(javaHash(topic), 31) & 0x7fffffff) % parallelism
  return (start + partition) % parallelism
}

/** `String.hashCode` of Java. */
function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
