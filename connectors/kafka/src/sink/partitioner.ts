import { murmur2 } from './murmur2.ts'

/** Chooses a partition from 0 to `partitionCount − 1` for a record that names none. Must be synchronous and always say the same for a key. */
export type Partitioner = (key: Uint8Array | null, partitionCount: number, topic: string, recordBytes: number) => number

/** A partition gets so many bytes of records without a key before the next one's turn: batches stay large (KIP-794). */
const STICKY_BYTES = 64 << 10

/**
 * Kafka's default: records of one key go to one partition, which Java clients choose too; those without a key to all in turn.
 * `first` is where the turns begin, so that subtasks do not all begin with the same partition.
 */
export function defaultPartitioner(first: number): Partitioner {
  const turns = new Map<string, { partition: number; bytes: number }>()
  return (key, partitionCount, topic, recordBytes) => {
    if (key !== null) return (murmur2(key) & 0x7fffffff) % partitionCount
    let turn = turns.get(topic)
    if (turn === undefined) turns.set(topic, (turn = { partition: first, bytes: 0 }))
    if (turn.bytes > STICKY_BYTES) {
      turn.partition++
      turn.bytes = 0
    }
    turn.bytes += recordBytes
    return turn.partition % partitionCount
  }
}
