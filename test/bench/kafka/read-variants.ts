import { randomUUID } from 'node:crypto'
import { kafkaSource, mapRecord } from '@millrace/connector-kafka'
import { Consumer, MessagesStreamModes } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { functionSink, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { brokerAddress, filledTopic } from './broker.ts'
import { kafkaRead } from './read.ts'
import { valueTally } from './value-tally.ts'

/** Views of what was fetched, as the others hand them out too. */
const values = mapRecord(({ value }) => value ?? undefined)

export function ours(): Variant {
  return {
    async prepare() {
      await loadRuntime()
      // Loads the client, which the others have done when they were imported; reads nothing.
      const nothing = kafkaSource({ brokers: brokerAddress(), topics: filledTopic(kafkaRead.fewerRecords), deserializer: values, stoppingOffsets: { timestamp: 0 } })
      await runJob('load-client', (env) => env.fromSource(nothing).sinkTo(functionSink(() => {})))
    },
    async run(records, check) {
      const tally = valueTally(check)
      const source = kafkaSource({ brokers: brokerAddress(), topics: filledTopic(records), deserializer: values, stoppingOffsets: 'latest' })
      await runJob('read', (env) => env.fromSource(source).sinkTo(functionSink((value) => tally.take(value))))
      return tally.outcome()
    },
  }
}

/** A consumer group of one, committing nothing, with fetches as large as ours. */
export function kafkajsEachBatch(): Variant {
  return {
    async run(records, check) {
      const tally = valueTally(check)
      const consumer = new Kafka({ brokers: [brokerAddress()], logLevel: logLevel.NOTHING }).consumer({ groupId: randomUUID(), maxWaitTimeInMs: 500, maxBytesPerPartition: 1 << 20 })
      await consumer.connect()
      await consumer.subscribe({ topics: [filledTopic(records)], fromBeginning: true })
      const all = Promise.withResolvers<void>()
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 1,
        eachBatchAutoResolve: true,
        eachBatch({ batch }) {
          for (const { value } of batch.messages) if (value !== null) tally.take(value)
          if (tally.rows >= records) all.resolve()
          return Promise.resolve()
        },
      })
      await all.promise
      await consumer.disconnect()
      return tally.outcome()
    },
  }
}

export function platformatic(): Variant {
  return {
    async run(records, check) {
      const tally = valueTally(check)
      const consumer = new Consumer({ clientId: 'bench', groupId: randomUUID(), bootstrapBrokers: [brokerAddress()], maxBytes: 8 << 20 })
      const stream = await consumer.consume({ topics: [filledTopic(records)], mode: MessagesStreamModes.EARLIEST, autocommit: false })
      const all = Promise.withResolvers<void>()
      stream.on('error', all.reject)
      stream.on('data', ({ value }) => {
        tally.take(value)
        if (tally.rows >= records) all.resolve()
      })
      await all.promise
      await consumer.close(true)
      return tally.outcome()
    },
  }
}
