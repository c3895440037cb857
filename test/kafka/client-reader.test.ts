import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, test } from 'vitest'
import type { Cluster } from '../../connectors/kafka/src/client/cluster/cluster.ts'
import { fetch } from '../../connectors/kafka/src/client/protocol/fetch.ts'
import { RECORD_COUNT } from '../../connectors/kafka/src/client/records/batch-layout.ts'
import { scanBatches } from '../../connectors/kafka/src/client/records/scan-batches.ts'
import { clientFixture } from './client-fixture.ts'

const broker = inject('kafka')
const fixture = clientFixture()
const text = (value: string): Buffer => Buffer.from(value)

describe.skipIf(!broker.available)(`a reader on Kafka ${broker.version}`, () => {
  test('reads a batch of 200 000 records', async () => {
    const topic = await fixture.topic(1)
    const producer = (await fixture.client()).createProducer({ compression: 'zstd', batchBytes: 64 << 20, lingerMs: 60_000 })
    await producer.loadTopics([topic])
    for (let index = 0; index < 200_000; index++) producer.append(topic, 0, 1, null, text(String(index)), [])
    await producer.flush()
    const values = await fixture.valuesOf(topic)
    expect(values).toHaveLength(200_000)
    expect(values.at(-1)).toBe('199999')
  })

  test('passes over batches that compaction emptied', async () => {
    const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'max.compaction.lag.ms': '100' }
    const topic = await fixture.topic(1, config)
    const one = await fixture.client()
    const write = async (key: string, value: string): Promise<void> => {
      // a producer of its own each time: of every producer the last batch stays, empty
      const producer = one.createProducer({})
      await producer.loadTopics([topic])
      producer.append(topic, 0, Date.now(), text(key), text(value), [])
      await producer.flush()
      await producer.close()
    }
    for (let round = 0; round < 4; round++) await write('same', `old ${round}`)
    await write('same', 'new')
    const cluster = fixture.cluster()
    while ((await emptyBatches(cluster, topic)) === 0) {
      await write('tick', 'rolls the segment')
      await sleep(150)
    }
    const read = await fixture.valuesOf(topic)
    expect(read.filter((value) => value !== 'rolls the segment').at(-1)).toBe('new')
    // from the first of them too
    const reader = one.createReader({ isolation: 'read_committed' })
    reader.assign([{ topic, partition: 0, offset: 0 }])
    const end = (await one.listOffsets([{ topic, partition: 0 }], 'latest', 'read_committed')).get(`${topic}-0`)
    for (let position = 0; position < (end !== undefined && 'offset' in end ? (end.offset ?? 0) : 0);) {
      await reader.available(AbortSignal.timeout(10_000))
      position = reader.take()?.nextOffset ?? position
    }
  })

  test('tells when an offset is out of range, for that partition alone', async () => {
    const topic = await fixture.topic(2)
    await fixture.topics().write(topic, [{ partition: 1, value: 'there' }])
    const reader = (await fixture.client()).createReader({ isolation: 'read_committed' })
    reader.assign([
      { topic, partition: 0, offset: 7 },
      { topic, partition: 1, offset: 0 },
    ])
    const found = new Map<number, string>()
    while (found.size < 2) {
      await reader.available(AbortSignal.timeout(10_000))
      const fetched = reader.take()
      if (fetched !== undefined) found.set(fetched.partition, fetched.failure?.name ?? (fetched.records.next() ? String(fetched.records.value) : ''))
    }
    expect(found).toEqual(
      new Map([
        [0, 'OFFSET_OUT_OF_RANGE'],
        [1, 'there'],
      ]),
    )
  })

  test('leaves out what is paused, and drops what was fetched before an assignment', async () => {
    const topic = await fixture.topic(2)
    await fixture.topics().write(
      topic,
      [0, 1].flatMap((partition) => ['a', 'b'].map((value) => ({ partition, value }))),
    )
    const reader = (await fixture.client()).createReader({ isolation: 'read_committed', maxWaitMs: 50 })
    reader.assign([0, 1].map((partition) => ({ topic, partition, offset: 0 })))
    reader.pause([{ topic, partition: 1 }])
    await reader.available(AbortSignal.timeout(10_000))
    expect(reader.take()).toMatchObject({ partition: 0, nextOffset: 2, caughtUp: true })
    reader.assign([{ topic, partition: 0, offset: 1 }])
    reader.resume([{ topic, partition: 1 }])
    const seen: string[] = []
    while (seen.length < 3) {
      await reader.available(AbortSignal.timeout(10_000))
      for (let fetched = reader.take(); fetched !== undefined; fetched = reader.take()) {
        while (fetched.records.next()) seen.push(`${fetched.partition}:${String(fetched.records.value)}`)
      }
    }
    expect(seen.toSorted()).toEqual(['0:b', '1:a', '1:b'])
  })
})

async function emptyBatches(cluster: Cluster, topic: string): Promise<number> {
  const { brokers } = await cluster.refresh([topic])
  const connection = await cluster.connection(brokers[0]?.nodeId ?? -1)
  const request = {
    isolation: 'read_uncommitted',
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    maxPartitionBytes: 1 << 20,
    topics: [{ topic, partitions: [{ partition: 0, position: 0 }] }],
  } as const
  const bytes = (await connection.send(fetch, request)).topics[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  return scanBatches(bytes).filter(({ start }) => bytes.readInt32BE(start + RECORD_COUNT) === 0).length
}
