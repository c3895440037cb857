import { kafkaSource, text } from '@millrace/connector-kafka'
import { sourceSuite } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { testTopics } from './source-topics.ts'
import type { TestTopics } from './source-topics.ts'

const broker = inject('kafka')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

describe.skipIf(!broker.available)(`kafkaSource on Kafka ${broker.version}`, () => {
  for (const end of ['bounded', 'without end'] as const) {
    describe(end, () =>
      sourceSuite<string>({ describe, test }, {
        time: 'real',
        async createSource(splits) {
          const topic = await topics.create(splits.length)
          await Promise.all(splits.map(async (records, partition) => topics.write(topic, records.map((value) => ({ partition, value })))))
          return kafkaSource({ brokers: broker.plain, topics: topic, format: text(), ...(end === 'bounded' ? { stoppingOffsets: 'latest' } : {}) })
        },
        record: (split, index) => `p${split}-${index}`,
      }),
    )
  }
})
