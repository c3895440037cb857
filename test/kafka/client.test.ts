import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { connectToBroker } from '../../connectors/kafka/src/client/cluster/broker-connection.ts'
import { createCluster, type Cluster } from '../../connectors/kafka/src/client/cluster/cluster.ts'
import type { KafkaConnectionOptions } from '../../connectors/kafka/src/client/connection-options.ts'
import type { KafkaClient } from '../../connectors/kafka/src/client/kafka-client.ts'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import { createProducer } from '../../connectors/kafka/src/client/producer/create-producer.ts'
import { fetch } from '../../connectors/kafka/src/client/protocol/fetch.ts'
import { produce } from '../../connectors/kafka/src/client/protocol/produce.ts'
import type { Compression } from '../../connectors/kafka/src/client/record-producer.ts'
import { RECORD_COUNT } from '../../connectors/kafka/src/client/records/batch-layout.ts'
import { scanBatches } from '../../connectors/kafka/src/client/records/scan-batches.ts'
import { consoleConsumer } from '../services/kafka/console-consumer.ts'
import { SASL_USER } from '../services/kafka/server-properties.ts'
import { readTopic } from './read-topic.ts'
import { settledTransactions } from './settled-transactions.ts'
import { silentLogger } from './silent-logger.ts'
import { testTopics, type TestTopics } from './source-topics.ts'

const broker = inject('kafka')
let topics: TestTopics
const opened: { close(): Promise<void> | void }[] = []

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

async function client(options: Partial<KafkaConnectionOptions> = {}): Promise<KafkaClient> {
  const made = kafkaJsClient({ brokers: broker.plain, ...options }, { logger: silentLogger })
  opened.push(made)
  await made.connect()
  return made
}

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const text = (value: string): Buffer => Buffer.from(value)
const valuesOf = async (topic: string, isolation?: 'read_uncommitted'): Promise<readonly string[]> =>
  (await readTopic(broker.plain, topic, isolation)).map(({ value }) => String(value))

describe.skipIf(!broker.available)(`the client on Kafka ${broker.version}`, () => {
  describe('connects', () => {
    test.for([
      ['with SCRAM-SHA-256', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256' as const, ...SASL_USER } })],
      ['with SCRAM-SHA-512', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-512' as const, ...SASL_USER } })],
      ['with PLAIN', () => ({ brokers: broker.sasl, sasl: { mechanism: 'plain' as const, ...SASL_USER } })],
      ['with TLS', () => ({ brokers: broker.tls, tls: { ca: [broker.certificate] } })],
    ] as const)('%s, and reads what it wrote', async ([, options]) => {
      const topic = await topics.create(1, { prefix: 'client' })
      const secure = await client(options())
      const producer = secure.createProducer({})
      await producer.loadTopics([topic])
      producer.append(topic, 0, 1, null, text('through a secure listener'), [])
      await producer.flush()
      expect(await valuesOf(topic)).toEqual(['through a secure listener'])
      const reader = secure.createReader({ isolation: 'read_committed' })
      reader.assign([{ topic, partition: 0, offset: 0 }])
      await reader.available(AbortSignal.timeout(10_000))
      const records = reader.take()?.records
      expect(records?.next()).toBe(true)
      expect(String(records?.value)).toBe('through a secure listener')
    })

    test.for([
      ['a wrong password', 'KAFKA_AUTHENTICATION', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256' as const, ...SASL_USER, password: 'wrong' } })],
      ['a mechanism the broker lacks', 'KAFKA_AUTHENTICATION', () => ({ brokers: broker.sasl, sasl: { mechanism: 'oauthbearer' as const, token: () => Promise.resolve('none') } })],
      ['a certificate it does not trust', 'KAFKA_TLS', () => ({ brokers: broker.tls, tls: true })],
      ['nobody there', 'KAFKA_UNAVAILABLE', () => ({ brokers: '127.0.0.1:1', requestTimeoutMs: 100 })],
    ] as const)('not with %s: %s', async ([, code, options]) => {
      await expect(client(options())).rejects.toMatchObject({ code, retryable: code === 'KAFKA_UNAVAILABLE' })
    })
  })

  describe('a producer', () => {
    test.for(COMPRESSIONS)('writes keys, tombstones, headers and times, compressed by %s', async (compression) => {
      const topic = await topics.create(2, { prefix: 'client' })
      const producer = (await client()).createProducer({ compression })
      await producer.loadTopics([topic])
      for (let index = 0; index < 500; index++) {
        producer.append(
          topic,
          index % 2,
          1_700_000_000_000 + index,
          index % 3 === 0 ? null : text(`k${index}`),
          index % 7 === 0 ? null : text(`v${index}`),
          index % 5 === 0
            ? [
                ['h', text('1')],
                ['h', null],
              ]
            : [],
        )
      }
      await producer.flush()
      expect(producer.bufferedBytes).toBe(0)
      const read = await readTopic(broker.plain, topic)
      expect(read).toHaveLength(500)
      const [first] = read.filter(({ partition, offset }) => partition === 1 && offset === 2)
      expect(first).toMatchObject({
        timestamp: 1_700_000_000_005,
        key: text('k5'),
        value: text('v5'),
        headers: [
          ['h', text('1')],
          ['h', null],
        ],
      })
    })

    test("writes what Kafka's own consumer reads", async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const one = await client()
      for (const compression of COMPRESSIONS) {
        const producer = one.createProducer({ compression })
        await producer.loadTopics([topic])
        for (let index = 0; index < 100; index++) producer.append(topic, 0, 1, text(`${index}`), text(`${compression} ${index}`), [['h', text('x')]])
        await producer.flush()
      }
      const printed = await consoleConsumer(broker, topic, { maxMessages: 500 })
      expect(printed).toEqual(COMPRESSIONS.flatMap((compression) => Array.from({ length: 100 }, (_, index) => `${compression} ${index}`)))
    })

    test('writes once what was sent twice because the answer was lost', async () => {
      const topic = await topics.create(3, { prefix: 'client' })
      const cluster = createCluster({ brokers: broker.plain }, silentLogger, connectToBroker)
      opened.push(cluster)
      const retries: string[] = []
      const producer = createProducer(losingAnswers(cluster, 3), { lingerMs: 0, onRetry: (error) => retries.push(error.code) })
      opened.push(producer)
      await producer.loadTopics([topic])
      const expected: string[] = []
      for (let round = 0; round < 6; round++) {
        for (let index = 0; index < 30; index++) {
          expected.push(`${round}-${index}`)
          producer.append(topic, index % 3, 1, null, text(`${round}-${index}`), [])
        }
        await producer.flush()
      }
      expect(retries.length).toBeGreaterThanOrEqual(3)
      expect((await valuesOf(topic)).toSorted()).toEqual(expected.toSorted())
    })

    test('says which topic is missing, and which partition', async () => {
      const producer = (await client()).createProducer({})
      await expect(producer.loadTopics(['no-such-topic'])).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC' })
      const topic = await topics.create(2, { prefix: 'client' })
      await producer.loadTopics([topic])
      expect(() => producer.append(topic, 2, 1, null, null, [])).toThrow(expect.objectContaining({ code: 'KAFKA_UNKNOWN_PARTITION' }))
    })

    test('says when a batch is too large for the topic', async () => {
      const topic = await topics.create(1, { prefix: 'client', config: { 'max.message.bytes': '2000' } })
      const producer = (await client()).createProducer({})
      await producer.loadTopics([topic])
      producer.append(topic, 0, 1, null, Buffer.alloc(5000), [])
      await expect(producer.flush()).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE', origin: 'user' })
      await expect(producer.ready()).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' })
    })

    test('holds the writer back when its buffer is full', async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const producer = (await client()).createProducer({ maxBufferedBytes: 100_000, batchBytes: 20_000 })
      await producer.loadTopics([topic])
      let waits = 0
      for (let index = 0; index < 2000; index++) {
        producer.append(topic, 0, 1, null, Buffer.alloc(1000), [])
        const wait = producer.ready()
        if (wait === undefined) continue
        expect(producer.bufferedBytes).toBeLessThan(102_000)
        waits++
        await wait
      }
      await producer.flush()
      expect(waits).toBeGreaterThan(5)
      expect(await valuesOf(topic)).toHaveLength(2000)
    })
  })

  describe('transactions', () => {
    test('are seen when they are committed, by whoever does it, and only once', async () => {
      const topic = await topics.create(2, { prefix: 'client' })
      const id = randomUUID()
      const first = await client()
      const producer = first.createTransactionalProducer({})
      await producer.loadTopics([topic])
      producer.begin(id, 60_000)
      for (let index = 0; index < 10; index++) producer.append(topic, index % 2, 1, null, text(`v${index}`), [])
      const committable = await producer.precommit()
      await first.close()
      if (committable === undefined) throw new Error('expected something to commit')

      expect(await valuesOf(topic)).toEqual([])
      expect(await settledTransactions(broker.plain, id)).toMatchObject([{ state: 'Ongoing', ...committable }])
      for (let times = 0; times < 3; times++) expect(await (await client()).transactions().commit(committable)).toBe('committed')
      expect(await settledTransactions(broker.plain, id)).toEqual([])
      expect(await valuesOf(topic)).toHaveLength(10)
    })

    test('without records leave no trace', async () => {
      const one = await client()
      const producer = one.createTransactionalProducer({})
      const id = randomUUID()
      producer.begin(id, 60_000)
      expect(await producer.precommit()).toBeUndefined()
      expect(await one.transactions().initialize(id, 60_000)).toMatchObject({ epoch: 0 })
    })

    test('that were aborted, taken over, or never were cannot be committed', async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const one = await client()
      const producer = one.createTransactionalProducer({})
      await producer.loadTopics([topic])
      const id = randomUUID()
      producer.begin(id, 60_000)
      producer.append(topic, 0, 1, null, text('aborted'), [])
      const committable = await producer.precommit()
      if (committable === undefined) throw new Error('expected something to commit')
      const transactions = one.transactions()
      const { epoch } = await transactions.initialize(id, 60_000)
      expect(epoch).toBeGreaterThan(committable.epoch)
      expect(await transactions.commit(committable)).toBe('fenced')
      expect(await transactions.commit({ ...committable, epoch })).toBe('invalid-state')
      expect(await transactions.commit({ ...committable, transactionalId: randomUUID() })).toBe('unknown-producer')
      await settledTransactions(broker.plain, id)
      expect(await valuesOf(topic)).toEqual([])
    })

    test('that time out are aborted by the broker and cannot be committed', async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const one = await client()
      const producer = one.createTransactionalProducer({})
      await producer.loadTopics([topic])
      const id = randomUUID()
      producer.begin(id, 500)
      producer.append(topic, 0, 1, null, text('too late'), [])
      const committable = await producer.precommit()
      if (committable === undefined) throw new Error('expected something to commit')
      while ((await settledTransactions(broker.plain, id)).length > 0) await sleep(100)
      expect(await one.transactions().commit(committable)).toBe('fenced')
    })

    test('may not be longer than the broker allows', async () => {
      const refused = (await client()).transactions().initialize(randomUUID(), 1_000_000)
      await expect(refused).rejects.toMatchObject({ code: 'KAFKA_TRANSACTION_TIMEOUT_TOO_LONG', message: expect.stringContaining('transaction.max.timeout.ms') as string })
    })

    test('of interleaved producers: aborted ones are hidden, whatever their keys', async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const one = await client()
      const producers = [0, 1, 2, 3].map((index) => {
        const producer = one.createTransactionalProducer({ lingerMs: 0 })
        producer.begin(`${topic}-${index}`, 60_000)
        return producer
      })
      const zeros = Buffer.alloc(4)
      for (const producer of producers) await producer.loadTopics([topic])
      for (let round = 0; round < 5; round++) {
        for (const [index, producer] of producers.entries()) {
          producer.append(topic, 0, 1, zeros, text(`p${index}`), [])
          producer.append(topic, 0, 1, null, text(`p${index}`), [])
          await producer.flush()
        }
      }
      // completed in another order than they were begun; 1 and 3 are committed
      await producers[2]?.abort()
      const third = await producers[3]?.precommit()
      await producers[0]?.abort()
      const first = await producers[1]?.precommit()
      for (const committable of [third, first]) if (committable !== undefined) await one.transactions().commit(committable)
      await settledTransactions(broker.plain, topic)
      expect(await valuesOf(topic, 'read_uncommitted')).toHaveLength(40)
      expect(await valuesOf(topic)).toEqual(Array.from({ length: 5 }, () => ['p1', 'p1', 'p3', 'p3']).flat())
    })
  })

  describe('a reader', () => {
    test('reads a batch of 200 000 records', async () => {
      const topic = await topics.create(1, { prefix: 'client' })
      const producer = (await client()).createProducer({ compression: 'zstd', batchBytes: 64 << 20, lingerMs: 60_000 })
      await producer.loadTopics([topic])
      for (let index = 0; index < 200_000; index++) producer.append(topic, 0, 1, null, text(String(index)), [])
      await producer.flush()
      const values = await valuesOf(topic)
      expect(values).toHaveLength(200_000)
      expect(values.at(-1)).toBe('199999')
    })

    test('passes over batches that compaction emptied', async () => {
      const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'max.compaction.lag.ms': '100' }
      const topic = await topics.create(1, { prefix: 'client', config })
      const one = await client()
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
      const cluster = createCluster({ brokers: broker.plain }, silentLogger, connectToBroker)
      opened.push(cluster)
      while ((await emptyBatches(cluster, topic)) === 0) {
        await write('tick', 'rolls the segment')
        await sleep(150)
      }
      const read = await valuesOf(topic)
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
      const topic = await topics.create(2, { prefix: 'client' })
      await topics.write(topic, [{ partition: 1, value: 'there' }])
      const reader = (await client()).createReader({ isolation: 'read_committed' })
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
      const topic = await topics.create(2, { prefix: 'client' })
      await topics.write(
        topic,
        [0, 1].flatMap((partition) => ['a', 'b'].map((value) => ({ partition, value }))),
      )
      const reader = (await client()).createReader({ isolation: 'read_committed', maxWaitMs: 50 })
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

  test('group offsets are committed without a member, and read back', async () => {
    const topic = await topics.create(2, { prefix: 'client' })
    const one = await client()
    const groupId = randomUUID()
    await one.commitOffsets(groupId, [{ topic, partition: 1, offset: 42 }])
    expect(
      await one.committedOffsets(
        groupId,
        [0, 1].map((partition) => ({ topic, partition })),
      ),
    ).toEqual(
      new Map([
        [`${topic}-0`, null],
        [`${topic}-1`, 42],
      ]),
    )
  })
})

/** The broker does everything; we never hear of the first answers to produce requests. */
function losingAnswers(cluster: Cluster, count: number): Cluster {
  let left = count
  return {
    ...cluster,
    async connection(nodeId, channel) {
      const connection = await cluster.connection(nodeId, channel)
      return {
        ...connection,
        async send(message, request, extraMs) {
          const answer = await connection.send(message, request, extraMs)
          if (message.apiKey === produce.apiKey && left-- > 0) throw new MillraceError('TEST_LOST_ANSWER', 'lost', { origin: 'external', retryable: true })
          return answer
        },
      }
    },
  }
}

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
