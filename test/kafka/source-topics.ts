import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import type { Admin, Message, Producer, Transaction } from 'kafkajs'

/** A record as a test gives it to the broker, through kafkajs' own producer. */
export interface TestRecord {
  readonly partition?: number
  readonly value: string | null
  readonly key?: string
  readonly timestamp?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Makes topics and puts records into them with a client that is not ours. */
export interface TestTopics extends AsyncDisposable {
  readonly admin: Admin
  /** A new topic with that many partitions; returns its name. */
  create(partitions: number, options?: { readonly prefix?: string; readonly config?: Readonly<Record<string, string>> }): Promise<string>
  write(topic: string, records: readonly TestRecord[]): Promise<void>
  /** In one transaction, left open until it is ended. */
  begin(topic: string, records: readonly TestRecord[]): Promise<{ commit(): Promise<void>; abort(): Promise<void> }>
  /** As a consumer of that group would have committed it. */
  commitOffset(groupId: string, topic: string, partition: number, offset: number): Promise<void>
  /** As retention would. */
  deleteRecordsBefore(topic: string, partition: number, offset: number): Promise<void>
}

export async function testTopics(address: string): Promise<TestTopics> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, connectionTimeout: 10_000, retry: { retries: 20 } })
  const admin = kafka.admin()
  // what it tries again it would write twice otherwise, and on a broker that has just started it often does
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  const transactional: Producer[] = []
  const openTransaction = async (): Promise<Transaction> => {
    const own = kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true })
    transactional.push(own)
    await own.connect()
    return own.transaction()
  }
  await Promise.all([admin.connect(), producer.connect()])
  return {
    admin,
    async create(numPartitions, { prefix = 'source', config = {} } = {}) {
      const topic = `${prefix}-${randomUUID()}`
      await admin.createTopics({ topics: [{ topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }], waitForLeaders: false })
      await untilKnown(admin, topic, numPartitions)
      return topic
    },
    async write(topic, records) {
      if (records.length > 0) await producer.send({ topic, messages: records.map(messageOf) })
    },
    async begin(topic, records) {
      const transaction = await openTransaction()
      await transaction.send({ topic, messages: records.map(messageOf) })
      return { commit: async () => transaction.commit(), abort: async () => transaction.abort() }
    },
    async commitOffset(consumerGroupId, topic, partition, offset) {
      const transaction = await openTransaction()
      await transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] })
      await transaction.commit()
    },
    async deleteRecordsBefore(topic, partition, offset) {
      await admin.fetchTopicOffsets(topic) // finds out who leads it, which the next call does not
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([admin, producer, ...transactional].map(async (one) => one.disconnect()))
    },
  }
}

/** kafkajs' own waiting fails when a broker has not heard of the topic yet. */
async function untilKnown(admin: Admin, topic: string, partitions: number): Promise<void> {
  for (;;) {
    const known = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined)
    if (known?.topics[0]?.partitions.filter(({ leader }) => leader >= 0).length === partitions) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function messageOf({ partition = 0, value, key, timestamp, headers }: TestRecord): Message {
  return { partition, value, ...(key === undefined ? {} : { key }), ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }), ...(headers === undefined ? {} : { headers }) }
}
