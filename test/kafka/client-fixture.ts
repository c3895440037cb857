import { afterAll, afterEach, beforeAll, inject } from 'vitest'
import { connectToBroker } from '../../connectors/kafka/src/client/cluster/connect-to-broker.ts'
import { createCluster, type Cluster } from '../../connectors/kafka/src/client/cluster/cluster.ts'
import type { KafkaConnectionOptions } from '../../connectors/kafka/src/client/connection-options.ts'
import type { KafkaClient } from '../../connectors/kafka/src/client/kafka-client.ts'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import { readTopic } from './read-topic.ts'
import { silentLogger } from './silent-logger.ts'
import { testTopics, type TestTopics } from './source-topics.ts'

/** What tests of the client share; everything is closed after the test that opened it. */
export interface ClientFixture {
  /** A new topic with so many partitions. */
  topic(partitions: number, config?: Readonly<Record<string, string>>): Promise<string>
  topics(): TestTopics
  client(options?: Partial<KafkaConnectionOptions>): Promise<KafkaClient>
  cluster(): Cluster
  closeLater<T extends { close(): Promise<void> | void }>(one: T): T
  valuesOf(topic: string, isolation?: 'read_uncommitted'): Promise<readonly string[]>
}

export function clientFixture(): ClientFixture {
  const { available, plain } = inject('kafka')
  const opened: { close(): Promise<void> | void }[] = []
  let topics: TestTopics | undefined
  const made = (): TestTopics => {
    if (topics === undefined) throw new Error('there is no broker')
    return topics
  }
  beforeAll(async () => {
    if (available) topics = await testTopics(plain)
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })
  afterAll(async () => topics?.[Symbol.asyncDispose]())

  const fixture: ClientFixture = {
    topics: made,
    topic: (partitions, config = {}) => made().create(partitions, { prefix: 'client', config }),
    async client(options = {}) {
      const client = fixture.closeLater(kafkaJsClient({ brokers: plain, ...options }, { logger: silentLogger }))
      await client.connect()
      return client
    },
    cluster: () => fixture.closeLater(createCluster({ brokers: plain }, silentLogger, connectToBroker)),
    closeLater(one) {
      opened.push(one)
      return one
    },
    valuesOf: async (topic, isolation) => (await readTopic(plain, topic, isolation)).map(({ value }) => String(value)),
  }
  return fixture
}
