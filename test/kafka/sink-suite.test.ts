import { kafkaSink } from '@millrace/connector-kafka'
import type { Sink } from '@millrace/core/spi'
import { sinkSuite } from '@millrace/core/testing'
import { jsonLines } from '@millrace/format-json'
import { types, type Infer } from '@millrace/core'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { testTopics, type TestTopics } from './source-topics.ts'
import { readTopic } from './read-topic.ts'
import { settledTransactions } from './settled-transactions.ts'

const broker = inject('kafka')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

const Row = types.row({ id: types.long(), name: types.string() })
interface Row extends Infer<typeof Row> {}

describe.skipIf(!broker.available)(`kafkaSink on Kafka ${broker.version}`, () => {
  for (const guarantee of ['exactly-once', 'at-least-once'] as const) {
    describe(guarantee, () => {
      sinkSuite<Row>(
        { describe, test },
        {
          time: 'real',
          guarantee: guarantee === 'exactly-once' ? 'exactlyOnce' : 'atLeastOnce',
          record: (index) => ({ id: index, name: `record ${index}` }),
          async open() {
            const topic = await topics.create(3, { prefix: 'sink' })
            const transactionalIdPrefix = randomUUID()
            return {
              createSink: (): Sink<Row> => kafkaSink<Row>({ brokers: broker.plain, topic, format: jsonLines(Row), guarantee, transactionalIdPrefix, transactionTimeout: '2h' }),
              async published() {
                await settledTransactions(broker.plain, transactionalIdPrefix)
                return (await readTopic(broker.plain, topic)).map(({ value }) => JSON.parse(String(value)) as Row)
              },
            }
          },
        },
      )
    })
  }
})
