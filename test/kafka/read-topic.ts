import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import type { Isolation } from '../../connectors/kafka/src/client/isolation.ts'
import type { KafkaHeader } from '../../connectors/kafka/src/client/record-cursor.ts'
import { silentLogger } from './silent-logger.ts'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly KafkaHeader[]
}

/** Everything that is in a topic now, in order of partition and offset. */
export async function readTopic(address: string, topic: string, isolation: Isolation = 'read_committed'): Promise<readonly ReadRecord[]> {
  const client = kafkaJsClient({ brokers: address }, { logger: silentLogger })
  try {
    const described = (await client.describeTopics([topic])).get(topic)
    if (described === undefined || !('partitions' in described)) throw new Error(`no topic ${topic}`)
    const partitions = described.partitions.map(({ partition }) => ({ topic, partition }))
    const ends = await client.listOffsets(partitions, 'latest', isolation)
    const left = new Map<number, number>()
    for (const { partition } of partitions) {
      const end = ends.get(`${topic}-${partition}`)
      if (end !== undefined && 'offset' in end && end.offset !== null && end.offset > 0) left.set(partition, end.offset)
    }
    const reader = client.createReader({ isolation, maxWaitMs: 100 })
    reader.assign([...left.keys()].map((partition) => ({ topic, partition, offset: 0 })))
    const found: ReadRecord[] = []
    while (left.size > 0) {
      await reader.available(AbortSignal.timeout(20_000))
      for (let fetched = reader.take(); fetched !== undefined; fetched = reader.take()) {
        const { partition, records, nextOffset, failure } = fetched
        if (failure !== undefined) throw new Error(`${failure.name} at ${nextOffset} of ${partition}, end ${left.get(partition)}`)
        const end = left.get(partition) ?? 0
        while (records.next()) {
          const { offset, timestamp, key, value } = records
          if (offset < end) found.push({ partition, offset, timestamp, key, value, headers: records.headers() })
        }
        if (nextOffset >= end) left.delete(partition)
      }
    }
    return found.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
  } finally {
    await client.close()
  }
}
