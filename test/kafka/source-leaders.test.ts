import { randomUUID } from 'node:crypto'
import { kafkaSource, text } from '@millrace/connector-kafka'
import { memoryCheckpointStorage } from '@millrace/core'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startKafkaProcess, type KafkaProcess } from '../services/kafka/kafka-process.ts'
import { hasJavaAndMaven } from '../services/kafka/kafka-distribution.ts'
import { testTopics } from './source-topics.ts'
import type { TestTopics } from './source-topics.ts'

const shared = inject('kafka')
const PARTITIONS = 4

/** Two brokers, so that partitions have somebody else to be led by; the first is the controller. */
describe.skipIf(!shared.available || !(await hasJavaAndMaven()))(`kafkaSource and leaders that move, on Kafka ${shared.version}`, () => {
  const brokers: KafkaProcess[] = []
  let topics: TestTopics
  beforeAll(async () => {
    const first = await startKafkaProcess(shared.version)
    brokers.push(first, await startKafkaProcess(shared.version, { nodeId: 2, controllerPort: first.controllerPort }))
    topics = await testTopics(first.plain)
  }, 120_000)
  afterAll(async () => {
    await topics?.[Symbol.asyncDispose]()
    await Promise.all(brokers.map(async (broker) => broker.stop()))
  })

  const leaders = async (topic: string): Promise<readonly number[]> => (await topics.admin.fetchTopicMetadata({ topics: [topic] })).topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader))
  const inSync = async (topic: string): Promise<number> => (await topics.admin.fetchTopicMetadata({ topics: [topic] })).topics.flatMap(({ partitions }) => partitions.map(({ isr }) => isr.length)).reduce((a, b) => Math.min(a, b))

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition().catch(() => false))) await new Promise((wake) => setTimeout(wake, 200))
  }

  test('reads on from the new leaders, and through a rolling restart of all brokers, each record once and without restarting', async () => {
    const [first, second] = brokers as [KafkaProcess, KafkaProcess]
    const topic = `leaders-${randomUUID()}`
    await until(async () => (await topics.admin.describeCluster()).brokers.length === 2)
    await topics.admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 2 }], waitForLeaders: true })
    const sink = collectingSink<string>()
    const source = kafkaSource({ brokers: [first.plain, second.plain], topics: topic, format: text(), requestTimeoutMs: 5000 })
    const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
      clock: createRealClock(),
      checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() },
      parallelism: 2,
    })
    let written = 0
    const writeAndRead = async (): Promise<void> => {
      await topics.write(topic, Array.from({ length: 100 }, (_, i) => ({ partition: i % PARTITIONS, value: String(written + i) })))
      written += 100
      await job.until(() => sink.values.length >= written)
    }
    await writeAndRead()
    expect(new Set(await leaders(topic))).toEqual(new Set([1, 2]))

    await second.kill()
    await until(async () => (await leaders(topic)).every((leader) => leader === 1))
    await writeAndRead()

    await second.restart()
    await until(async () => (await inSync(topic)) === 2)
    await first.kill()
    await first.restart()
    await until(async () => (await inSync(topic)) === 2)
    await writeAndRead()

    expect(sink.values.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, i) => i))
    expect(job.client.status().numRestarts).toBe(0)
    await job.stop()
  }, 180_000)
})
