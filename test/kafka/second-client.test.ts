import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaSink, kafkaSource, text } from '@millrace/connector-kafka'
import { memoryCheckpointStorage } from '@millrace/core'
import { at, checkpoint, collectingSink, crash, createRealClock, end, scriptedSource, testJob } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { platformaticClient as client } from './platformatic-client.ts'
import { testTopics } from './source-topics.ts'
import type { TestTopics } from './source-topics.ts'
import { SASL_USER } from '../services/kafka/server-properties.ts'

const broker = inject('kafka')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

describe.skipIf(!broker.available)(`a client on the sockets of @platformatic/kafka, on Kafka ${broker.version}`, () => {
  test('writes exactly once and reads committed', async () => {
    const topic = await topics.create(2)
    const script = [at(1, 'a'), at(2, 'b'), checkpoint, at(3, 'c'), crash, at(4, 'd'), end]
    const sink = kafkaSink<string>({ brokers: broker.plain, topic, format: text(), key: (value) => value, guarantee: 'exactly-once', transactionalIdPrefix: randomUUID(), client })
    const checkpoints = { interval: '50ms', storage: memoryCheckpointStorage() } as const
    await (await testJob((env) => env.fromSource(scriptedSource(script), undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { clock: createRealClock(), checkpoints })).finish()

    for (const connection of [{ brokers: broker.plain }, { brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256', ...SASL_USER } }, { brokers: broker.tls, tls: { ca: broker.certificate } }] as const) {
      const read = collectingSink<string>()
      const source = kafkaSource({ ...connection, topics: topic, format: text(), stoppingOffsets: 'latest', client })
      await (await testJob((env) => env.fromSource(source).sinkTo(read), { clock: createRealClock() })).finish()
      expect(read.values.toSorted()).toEqual(['a', 'b', 'c', 'd'])
    }
  })

  test('tells when nobody is there', async () => {
    const source = kafkaSource({ brokers: '127.0.0.1:1', topics: 'x', format: text(), requestTimeoutMs: 1000, client })
    const job = testJob((env) => env.fromSource(source).sinkTo(collectingSink()), { clock: createRealClock() })
    await expect(job.then(async (started) => started.finish())).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
  })

  test('is what the documentation shows', () => {
    const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')
    expect(read('../../docs/kafka.md')).toContain(read('platformatic-client.ts').trimEnd())
  })
})
