import { MillraceError } from '@millrace/core/spi'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { OpenTransaction } from '../client/transaction-coordinator-client.ts'

/** Oldest first. Throws KAFKA_CANNOT_LIST for clusters that are too old to tell. */
export async function openTransactions(client: KafkaClient, prefix: string): Promise<readonly OpenTransaction[]> {
  const open = await client.transactions().listOpen(prefix)
  if (open !== undefined) return open.toSorted((a, b) => a.startTimestamp - b.startTimestamp)
  throw new MillraceError('KAFKA_CANNOT_LIST', 'Expected a cluster that can list transactions (Kafka 3.0 or later), found an older one. Name the transactions: abort ID …, or commit ID --producer-id N --epoch N', {
    origin: 'external',
  })
}
