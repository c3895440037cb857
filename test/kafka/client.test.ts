import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import { describe, expect, inject, test } from 'vitest'
import type { Cluster } from '../../connectors/kafka/src/client/cluster/cluster.ts'
import { createProducer } from '../../connectors/kafka/src/client/producer/create-producer.ts'
import { produce } from '../../connectors/kafka/src/client/protocol/produce.ts'
import type { Compression } from '../../connectors/kafka/src/client/record-producer.ts'
import { consoleConsumer } from '../services/kafka/console-consumer.ts'
import { SASL_USER } from '../services/kafka/server-properties.ts'
import { unsecuredToken } from '../services/kafka/unsecured-token.ts'
import { clientFixture } from './client-fixture.ts'
import { readTopic } from './read-topic.ts'

const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** A session ends with its token. */
const SESSION_MS = 1500
const broker = inject('kafka')
const fixture = clientFixture()
const text = (value: string): Buffer => Buffer.from(value)

describe.skipIf(!broker.available)(`the client on Kafka ${broker.version}`, () => {
  describe('connects', () => {
    test.for([
      ['with SCRAM-SHA-256', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256' as const, ...SASL_USER } })],
      ['with SCRAM-SHA-512', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-512' as const, ...SASL_USER } })],
      ['with PLAIN', () => ({ brokers: broker.sasl, sasl: { mechanism: 'plain' as const, ...SASL_USER } })],
      ['with OAUTHBEARER', () => ({ brokers: broker.sasl, sasl: { mechanism: 'oauthbearer' as const, token: () => Promise.resolve(unsecuredToken(60_000)) } })],
      ['with TLS', () => ({ brokers: broker.tls, tls: { ca: [broker.certificate] } })],
    ] as const)('%s, and reads what it wrote', async ([, options]) => {
      const topic = await fixture.topic(1)
      const secure = await fixture.client(options())
      const producer = secure.createProducer({})
      await producer.loadTopics([topic])
      producer.append(topic, 0, 1, null, text('through a secure listener'), [])
      await producer.flush()
      expect(await fixture.valuesOf(topic)).toEqual(['through a secure listener'])
      const reader = secure.createReader({ isolation: 'read_committed' })
      reader.assign([{ topic, partition: 0, offset: 0 }])
      await reader.available(AbortSignal.timeout(10_000))
      const records = reader.take()?.records
      expect(records?.next()).toBe(true)
      expect(String(records?.value)).toBe('through a secure listener')
    })

    test.for([
      ['a wrong password', 'KAFKA_AUTHENTICATION', () => ({ brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256' as const, ...SASL_USER, password: 'wrong' } })],
      ['a mechanism the broker lacks', 'KAFKA_AUTHENTICATION', () => ({ brokers: broker.sasl, sasl: { mechanism: 'aws' as const, authorizationIdentity: 'id', accessKeyId: 'key', secretAccessKey: 'secret' } })],
      ['a token that has expired', 'KAFKA_AUTHENTICATION', () => ({ brokers: broker.sasl, sasl: { mechanism: 'oauthbearer' as const, token: () => Promise.resolve(unsecuredToken(-60_000)) } })],
      ['a certificate it does not trust', 'KAFKA_TLS', () => ({ brokers: broker.tls, tls: true })],
      ['nobody there', 'KAFKA_UNAVAILABLE', () => ({ brokers: '127.0.0.1:1', requestTimeoutMs: 100 })],
    ] as const)('not with %s: %s', async ([, code, options]) => {
      await expect(fixture.client(options())).rejects.toMatchObject({ code, retryable: code === 'KAFKA_UNAVAILABLE' })
    })
  })

  test('logs in again, on the same connections, before the session ends', async () => {
    const topic = await fixture.topic(1)
    let tokens = 0
    const token = (): Promise<string> => {
      tokens++
      return Promise.resolve(unsecuredToken(SESSION_MS))
    }
    const retries: string[] = []
    const one = await fixture.client({ brokers: broker.sasl, sasl: { mechanism: 'oauthbearer', token } })
    const producer = one.createProducer({ lingerMs: 0, onRetry: ({ message }) => retries.push(message) })
    await producer.loadTopics([topic])
    const [startMs, expected]: [number, string[]] = [performance.now(), []]
    while (performance.now() - startMs < 3 * SESSION_MS) {
      expected.push(`${expected.length}`)
      producer.append(topic, 0, 1, null, text(`${expected.length - 1}`), [])
      await producer.flush()
    }
    // a connection for metadata, one for batches; the latter's session is renewed at least three times
    expect(tokens).toBeGreaterThanOrEqual(5)
    expect(retries).toEqual([])
    expect(await fixture.valuesOf(topic)).toEqual(expected)
  })

  describe('a producer', () => {
    test.for(COMPRESSIONS)('writes keys, tombstones, headers and times, compressed by %s', async (compression) => {
      const topic = await fixture.topic(2)
      const producer = (await fixture.client()).createProducer({ compression })
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
      const topic = await fixture.topic(1)
      const one = await fixture.client()
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
      const topic = await fixture.topic(3)
      const cluster = fixture.cluster()
      const retries: string[] = []
      const producer = createProducer(losingAnswers(cluster, 3), { lingerMs: 0, onRetry: (error) => retries.push(error.code) })
      fixture.closeLater(producer)
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
      expect((await fixture.valuesOf(topic)).toSorted()).toEqual(expected.toSorted())
    })

    test('says which topic is missing, and which partition', async () => {
      const producer = (await fixture.client()).createProducer({})
      await expect(producer.loadTopics(['no-such-topic'])).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC' })
      const topic = await fixture.topic(2)
      await producer.loadTopics([topic])
      expect(() => producer.append(topic, 2, 1, null, null, [])).toThrow(expect.objectContaining({ code: 'KAFKA_UNKNOWN_PARTITION' }))
    })

    test('says when a batch is too large for the topic', async () => {
      const topic = await fixture.topic(1, { 'max.message.bytes': '2000' })
      const producer = (await fixture.client()).createProducer({})
      await producer.loadTopics([topic])
      producer.append(topic, 0, 1, null, Buffer.alloc(5000), [])
      await expect(producer.flush()).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE', origin: 'user' })
      await expect(producer.ready()).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' })
    })

    test('holds the writer back when its buffer is full', async () => {
      const topic = await fixture.topic(1)
      const producer = (await fixture.client()).createProducer({ maxBufferedBytes: 100_000, batchBytes: 20_000 })
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
      expect(await fixture.valuesOf(topic)).toHaveLength(2000)
    })
  })

  test('group offsets are committed without a member, and read back', async () => {
    const topic = await fixture.topic(2)
    const one = await fixture.client()
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
