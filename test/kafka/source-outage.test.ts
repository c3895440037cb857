import { kafkaSource, text } from '@millrace/connector-kafka'
import { memoryCheckpointStorage } from '@millrace/core'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startKafkaBroker } from '../services/kafka/kafka-broker.ts'
import type { KafkaBroker } from '../services/kafka/kafka-broker.ts'
import { testTopics } from './source-topics.ts'

const shared = inject('kafka')

/** A broker of its own, since these tests kill it. */
describe.skipIf(!shared.available)(`kafkaSource and a Kafka ${shared.version} that dies`, () => {
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

  test('waits for it with backoff, says so in metrics, and reads on without a restart, each record once', async () => {
    const topic = await newTopic()
    await write(topic, 0, 100)
    const sink = collectingSink<string>()
    const source = kafkaSource({ brokers: broker.plain, topics: topic, format: text(), groupId: 'outage', discoverEvery: '200ms', requestTimeoutMs: 3000 })
    const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
      clock: createRealClock(),
      checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() },
    })
    const metric = (name: string): number => job.client.metrics().find((one) => one.name === `KafkaSourceReader.${name}`)?.value ?? Number.NaN
    await job.until(() => sink.values.length === 100)
    expect(metric('unavailableMs')).toBe(0)

    await broker.kill()
    // Checkpoints go on meanwhile, although nothing can be read and no offset committed.
    await job.until(() => metric('unavailableMs') > 1500 && metric('fetchRetries') > 1 && metric('commitsFailed') > 0)
    await broker.restart()
    await write(topic, 100, 200)
    await job.until(() => sink.values.length >= 200)
    expect(sink.values.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i))
    await job.until(() => metric('unavailableMs') === 0)
    expect(job.client.status().numRestarts).toBe(0)
    await job.stop()
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
