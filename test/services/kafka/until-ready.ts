import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

export const START_TIMEOUT_MS = 120_000

/** Ready is a broker that has registered itself: it appears in the metadata that it answers. */
export async function untilReady(address: string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, connectionTimeout: 5000, retry: { retries: 0 } }).admin()
    try {
      await admin.connect()
      const { brokers } = await admin.describeCluster()
      if (brokers.length > 0) return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
    } finally {
      await admin.disconnect()
    }
    await sleep(50)
  }
}
