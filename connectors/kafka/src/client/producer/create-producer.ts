import type { Cluster } from '../cluster/cluster.ts'
import { initializeProducer } from '../cluster/transaction-coordinator.ts'
import type { ProducerOptions, RecordProducer } from '../record-producer.ts'
import { createBatchSender } from './batch-sender.ts'
import { DEFAULT_DELIVERY_TIMEOUT_MS } from './dispatcher.ts'

/** Not used by the broker for a producer without transactions. */
const NO_TIMEOUT_MS = 60_000

export function createProducer(cluster: Cluster, options: ProducerOptions): RecordProducer {
  const idempotent = (options.acks ?? 'all') === 'all'
  return createBatchSender(cluster, options, {
    transactionalId: null,
    identify: async () => (idempotent ? initializeProducer(cluster, null, NO_TIMEOUT_MS, { timeoutMs: options.deliveryTimeoutMs ?? DEFAULT_DELIVERY_TIMEOUT_MS }) : undefined),
  })
}
