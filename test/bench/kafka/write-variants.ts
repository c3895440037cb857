import { randomUUID } from 'node:crypto'
import { kafkaSink, kafkaSource, mapRecord, raw } from '@millrace/connector-kafka'
import { Producer } from '@platformatic/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { createTopics } from '../../services/kafka/create-topics.ts'
import { functionSink, indexedSource, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Outcome, Variant } from '../rate-case.ts'
import { brokerAddress, PARTITIONS } from './broker.ts'
import { valueOf } from './values.ts'
import { valueTally } from './value-tally.ts'

/** Of one send, as large as our batches are together. */
const SEND_RECORDS = 5000
/** A new topic for each run; `check` reads it back. */
function writing(write: (topic: string, records: number) => Promise<void>): Variant {
  const topic = `written-${randomUUID()}`
  const load = async (values: string, check: boolean): Promise<Outcome> => {
    const tally = valueTally(check)
    const source = kafkaSource({ brokers: brokerAddress(), topics: values, deserializer: mapRecord(({ value }) => value ?? undefined), stoppingOffsets: 'latest' })
    await runJob('read-back', (env) => env.fromSource(source).sinkTo(functionSink((value) => tally.take(value))))
    return tally.outcome()
  }
  return {
    async prepare() {
      await createTopics(brokerAddress(), PARTITIONS, [topic])
      await loadRuntime()
      await load(topic, false)
    },
    async run(records, check) {
      await write(topic, records)
      return check ? load(topic, check) : { rows: records, digest: 0 }
    },
  }
}

export function ours(): Variant {
  return writing(async (topic, records) => {
    const source = indexedSource<Uint8Array>(records, (output, from, to) => {
      for (let index = from; index < to; index++) output.collect(valueOf(index))
    })
    await runJob('write', (env) => env.fromSource(source).sinkTo(kafkaSink<Uint8Array>({ brokers: brokerAddress(), topic, format: raw() })))
  })
}

export function kafkajsSend(): Variant {
  return writing(async (topic, records) => {
    const producer = new Kafka({ brokers: [brokerAddress()], logLevel: logLevel.NOTHING }).producer({ allowAutoTopicCreation: false })
    await producer.connect()
    for (let from = 0; from < records; from += SEND_RECORDS) {
      const messages = Array.from({ length: Math.min(SEND_RECORDS, records - from) }, (_, index) => ({ value: valueOf(from + index) }))
      await producer.send({ topic, messages, acks: -1 })
    }
    await producer.disconnect()
  })
}

export function platformatic(): Variant {
  return writing(async (topic, records) => {
    const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [brokerAddress()] })
    for (let from = 0; from < records; from += SEND_RECORDS) {
      const messages = Array.from({ length: Math.min(SEND_RECORDS, records - from) }, (_, index) => ({ topic, value: valueOf(from + index) }))
      await producer.send({ messages, acks: -1 })
    }
    await producer.close()
  })
}
