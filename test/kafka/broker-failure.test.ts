import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { KafkaClient } from '../../connectors/kafka/src/client/kafka-client.ts'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import type { RecordProducer } from '../../connectors/kafka/src/client/record-producer.ts'
import { consoleConsumer } from '../services/kafka/console-consumer.ts'
import { startKafkaBroker, type KafkaBroker } from '../services/kafka/kafka-broker.ts'
import { readTopic } from './read-topic.ts'
import { settledTransactions } from './settled-transactions.ts'
import { silentLogger } from './silent-logger.ts'

/** On a broker of its own, which is killed; and the oldest that is supported. */
const VERSION = '3.9.2'
const PARTITIONS = 3
const START_TIMEOUT_MS = 120_000
const { available } = inject('kafka')

let broker: KafkaBroker
let client: KafkaClient

beforeAll(async () => {
  if (!available) return
  broker = await startKafkaBroker(VERSION)
  const admin = new Kafka({ brokers: [broker.plain], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: ['idempotent', 'transactional', 'read'].map((topic) => ({ topic, numPartitions: PARTITIONS })), waitForLeaders: true })
  await admin.disconnect()
  client = kafkaJsClient({ brokers: broker.plain }, { logger: silentLogger })
  await client.connect()
}, START_TIMEOUT_MS)

afterAll(async () => {
  await client?.close()
  await broker?.stop()
})

/** Writes without a pause until told to stop; returns what it wrote. */
async function writeUntil(producer: RecordProducer, topic: string, stop: () => boolean): Promise<readonly string[]> {
  await producer.loadTopics([topic])
  const written: string[] = []
  for (let batch = 0; !stop(); batch++) {
    for (let index = 0; index < 20; index++) {
      const value = `${batch}-${index}`
      written.push(value)
      // of today: a broker that starts judges by it whether a producer is a day old and may be forgotten (`producer.id.expiration.ms`)
      producer.append(topic, index % PARTITIONS, Date.now(), null, Buffer.from(value), [])
    }
    await producer.ready()
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await producer.flush()
  return written
}

async function killAndRestart(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500))
  await broker.kill()
  await broker.restart()
}

describe.skipIf(!available)(`when a broker (Kafka ${VERSION}) is killed and comes back`, { timeout: START_TIMEOUT_MS }, () => {
  test('an idempotent producer has written everything once, in order', async () => {
    let retries = 0
    let back = false
    const producer = client.createProducer({ lingerMs: 1, onRetry: () => retries++ })
    const [written] = await Promise.all([writeUntil(producer, 'idempotent', () => back), killAndRestart().then(() => (back = true))])
    await producer.close()
    expect(retries).toBeGreaterThan(0)
    const read = await readTopic(broker.plain, 'idempotent')
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const expected = written.filter((value) => Number(value.split('-')[1]) % PARTITIONS === partition)
      expect(read.filter((record) => record.partition === partition).map(({ value }) => String(value))).toEqual(expected)
    }
  })

  test('a transaction goes on, and one that was prepared can be committed', async () => {
    const producer = client.createTransactionalProducer({ lingerMs: 1 })
    await producer.loadTopics(['transactional'])
    producer.begin('prepared', 600_000)
    producer.append('transactional', 0, 1, null, Buffer.from('prepared'), [])
    const prepared = await producer.precommit()
    producer.begin('going on', 600_000)
    let back = false
    const [written] = await Promise.all([writeUntil(producer, 'transactional', () => back), killAndRestart().then(() => (back = true))])
    const ongoing = await producer.precommit()
    for (const committable of [prepared, ongoing]) if (committable !== undefined) expect(await client.transactions().commit(committable)).toBe('committed')
    expect(await settledTransactions(broker.plain, '')).toEqual([])
    expect((await consoleConsumer(broker, 'transactional', { maxMessages: written.length + 1 })).toSorted()).toEqual(['prepared', ...written].toSorted())
  })

  test('a reader goes on where it was, and says so', async () => {
    const events: string[] = []
    const reader = client.createReader({ isolation: 'read_committed', maxWaitMs: 100, onRetry: () => events.push('retry'), onRecovered: () => events.push('recovered') })
    reader.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'read', partition, offset: 0 })))
    let back = false
    const writing = writeUntil(client.createProducer({ lingerMs: 1 }), 'read', () => back)
    const restarting = killAndRestart().then(() => (back = true))
    const read: string[] = []
    let written: readonly string[] | undefined
    const finished = writing.then((all) => (written = all))
    while (written === undefined || read.length < written.length) {
      await reader.available(AbortSignal.timeout(1000))
      for (let fetched = reader.take(); fetched !== undefined; fetched = reader.take()) while (fetched.records.next()) read.push(String(fetched.records.value))
    }
    await Promise.all([restarting, finished])
    await reader.close()
    expect(read.toSorted()).toEqual(written.toSorted())
    expect(new Set(events)).toEqual(new Set(['retry', 'recovered']))
    expect(events.at(-1)).toBe('recovered')
  })
})
