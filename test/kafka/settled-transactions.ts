import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import type { OpenTransaction } from '../../connectors/kafka/src/client/transaction-coordinator-client.ts'
import { silentLogger } from './silent-logger.ts'

/**
 * A broker answers a commit before its markers are written. Waits until nothing of this prefix is on its way, and returns what
 * is still open.
 */
export async function settledTransactions(address: string, prefix: string): Promise<readonly OpenTransaction[]> {
  const client = kafkaJsClient({ brokers: address }, { logger: silentLogger })
  try {
    for (;;) {
      const open = (await client.transactions().listOpen(prefix)) ?? []
      if (open.every(({ state }) => state === 'Ongoing')) return open
      await sleep(10)
    }
  } finally {
    await client.close()
  }
}
