import { kafkaSink, kafkaSource, text } from '@millrace/connector-kafka'
import { memoryCheckpointStorage } from '@millrace/core'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startKafkaBroker } from '../services/kafka/kafka-broker.ts'
import type { KafkaBroker } from '../services/kafka/kafka-broker.ts'
import { readTopic } from './read-topic.ts'
import { settledTransactions } from './settled-transactions.ts'
import { testTopics } from './source-topics.ts'

const shared = inject('kafka')

/** A broker of its own, since these tests kill it. */
describe.skipIf(!shared.available)(`a job and a Kafka ${shared.version} that dies`, () => {
  let broker: KafkaBroker
  beforeAll(async () => {
    broker = await startKafkaBroker(shared.version)
  }, 120_000)
  afterAll(async () => broker?.stop())

  const write = async (topic: string, from: number, to: number): Promise<void> => {
    await using topics = await testTopics(broker.plain)
    await topics.write(topic, Array.from({ length: to - from }, (_, i) => ({ partition: (from + i) % 2, value: String(from + i) })))
  }
  const newTopic = async (): Promise<string> => {
    await using topics = await testTopics(broker.plain)
    return await topics.create(2)
  }

  test('waits for it with backoff, says so in metrics and status, and reads on without a restart, each record once', async () => {
    const topic = await newTopic()
    await write(topic, 0, 100)
    const sink = collectingSink<string>()
    const source = kafkaSource({ brokers: broker.plain, topics: topic, format: text(), groupId: 'outage', discoverEvery: '200ms', requestTimeoutMs: 3000 })
    const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
      clock: createRealClock(),
      checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() },
    })
    const unavailableMs = (): number => job.client.status().vertices[0]?.unavailableMs ?? 0
    const metric = (name: string): number => job.client.metrics().find((one) => one.name === `KafkaSourceReader.${name}`)?.value ?? Number.NaN
    await job.until(() => sink.values.length === 100)
    expect(unavailableMs()).toBe(0)

    await broker.kill()
    // Checkpoints go on meanwhile, although nothing can be read and no offset committed.
    await job.until(() => unavailableMs() > 1500 && metric('fetchRetries') > 1 && metric('commitsFailed') > 0)
    await broker.restart()
    await write(topic, 100, 200)
    await job.until(() => sink.values.length >= 200)
    expect(sink.values.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    await job.until(() => unavailableMs() === 0)
    expect(job.client.status().numRestarts).toBe(0)
    await job.stop()
  }, 120_000)

  test.each(['at-least-once', 'exactly-once'] as const)('what is written to it %s is held back, the status says so, and all of it arrives once', async (guarantee) => {
    await using sharedTopics = await testTopics(shared.plain)
    const [from, to] = [await sharedTopics.create(1), await newTopic()]
    const send = async (first: number, count: number): Promise<void> => sharedTopics.write(from, Array.from({ length: count }, (_, i) => ({ value: String(first + i) })))
    const sink = kafkaSink<string>({ brokers: broker.plain, topic: to, format: text(), guarantee, transactionalIdPrefix: to, requestTimeoutMs: 3000 })
    const job = await testJob((env) => env.fromSource(kafkaSource({ brokers: shared.plain, topics: from, format: text() }), undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
      clock: createRealClock(),
      checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() },
    })
    const unavailableMs = (): number => Math.max(...job.client.status().vertices.map((vertex) => vertex.unavailableMs ?? 0))
    await send(0, 100)
    await job.until(() => job.client.status().recordsOut === 100)
    // only then it has found the topic and written to it
    await job.checkpoint()
    expect(unavailableMs()).toBe(0)

    await broker.kill()
    await send(100, 100)
    await job.until(() => unavailableMs() > 1000)
    await broker.restart()
    await job.until(() => job.client.status().recordsOut === 200 && unavailableMs() === 0)
    await job.stop()
    expect(job.client.status().numRestarts).toBe(0)
    await settledTransactions(broker.plain, to)
    expect((await readTopic(broker.plain, to)).map(({ value }) => Number(value)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  }, 120_000)

  test('a job that starts while it is gone fails with its address, and restarts until it is back', async () => {
    const topic = await newTopic()
    await write(topic, 0, 10)
    await broker.kill()
    const sink = collectingSink<string>()
    const source = kafkaSource({ brokers: broker.plain, topics: topic, format: text(), requestTimeoutMs: 1000 })
    const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
      clock: createRealClock(),
      checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() },
      restart: { kind: 'fixedDelay', attempts: 1000, delay: '200ms' },
    })
    await job.until(() => job.client.status().numRestarts > 1)
    expect(job.client.status().failure).toMatchObject({ code: 'KAFKA_UNAVAILABLE', message: expect.stringContaining(broker.plain) as string })
    await broker.restart()
    await job.until(() => sink.values.length === 10)
    await job.stop()
  }, 120_000)
})
