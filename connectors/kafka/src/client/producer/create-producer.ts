import type { Cluster } from '../cluster/cluster.ts'
import { initializeProducer } from '../cluster/transaction-coordinator.ts'
import type { ProducerOptions, RecordProducer } from '../record-producer.ts'
import { createBatchSender } from './batch-sender.ts'

/** Not used by the broker for a producer without transactions. */
const NO_TIMEOUT_MS = 60_000

export function createProducer(cluster: Cluster, options: ProducerOptions): RecordProducer {
  const idempotent = (options.acks ?? 'all') === 'all'
  return createBatchSender(cluster, options, {
    transactionalId: null,
    identify: async (retry) => (idempotent ? initializeProducer(cluster, null, NO_TIMEOUT_MS, retry) : undefined),
  })
}
