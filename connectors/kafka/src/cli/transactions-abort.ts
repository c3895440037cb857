import { invalidArgument } from '@millrace/core/cli'
import type { ProgramHost } from '@millrace/core/cli'
import type { KafkaClientFactory } from '../client/kafka-client.ts'
import { withClient } from './connect.ts'
import { openTransactions } from './open-transactions.ts'

const COMMAND = {
  name: 'abort',
  usage: '--brokers HOST:PORT (ID … | --prefix TEXT)',
  about: 'Ends open transactions; what they wrote is never seen by read_committed readers. A job that still runs, or that could commit them from its last checkpoint, loses that output.',
  flags: [{ name: 'prefix', value: 'TEXT', summary: 'All open transactions whose id begins so' }],
}

/** Only used to take the id over; it is free again at once. */
const TIMEOUT_MS = 60_000

export function abortTransactions(host: ProgramHost, factory: KafkaClientFactory): Promise<number> {
  return withClient(host, factory, COMMAND, async ({ client, positionals, flag }) => {
    const prefix = flag('prefix')
    if ((positionals.length > 0) === (prefix !== undefined)) throw invalidArgument('millrace kafka transactions abort expects either transactional ids or --prefix TEXT')
    // Others are being committed or aborted already.
    const ongoing = async (start: string): Promise<readonly string[]> => (await openTransactions(client, start)).flatMap(({ transactionalId, state }) => (state === 'Ongoing' ? transactionalId : []))
    const ids = prefix === undefined ? positionals : await ongoing(prefix)
    for (const id of ids) {
      await client.transactions().initialize(id, TIMEOUT_MS)
      host.stdout.write(`${id} aborted\n`)
    }
    if (ids.length === 0) host.stdout.write('No transaction is open.\n')
    return 0
  })
}
