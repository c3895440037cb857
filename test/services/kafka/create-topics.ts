import { Kafka, logLevel } from 'kafkajs'

/** Creates those that do not exist; returns the names of the others. */
export async function createTopics(address: string, numPartitions: number, topics: readonly string[]): Promise<readonly string[]> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const existing = await admin.listTopics()
    const missing = topics.filter((topic) => !existing.includes(topic))
    if (missing.length > 0) await admin.createTopics({ topics: missing.map((topic) => ({ topic, numPartitions })), waitForLeaders: true })
    return topics.filter((topic) => existing.includes(topic))
  } finally {
    await admin.disconnect()
  }
}
