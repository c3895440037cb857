import { formatAge, invalidArgument } from '@millrace/core/cli'
import type { ProgramHost } from '@millrace/core/cli'
import type { KafkaClientFactory } from '../client/kafka-client.ts'
import type { OpenTransaction } from '../client/transaction-coordinator-client.ts'
import { withClient } from './connect.ts'
import { openTransactions } from './open-transactions.ts'

const COMMAND = {
  name: 'list',
  usage: '--brokers HOST:PORT [--prefix TEXT] [--json]',
  about: 'Shows the open transactions of a cluster, oldest first. One whose job is dead holds back all read_committed readers of its partitions until it times out.',
  flags: [
    { name: 'prefix', value: 'TEXT', summary: 'Only transactions whose id begins so, such as the transactionalIdPrefix of a sink' },
    { name: 'json', summary: 'One JSON array' },
  ],
}

export function listTransactions(host: ProgramHost, factory: KafkaClientFactory): Promise<number> {
  return withClient(host, factory, COMMAND, async ({ client, positionals, flag }) => {
    if (positionals.length > 0) throw invalidArgument(`millrace kafka transactions list takes no ${positionals.join(' ')}; a part of a name goes into --prefix`)
    const open = await openTransactions(client, flag('prefix') ?? '')
    if (flag('json') !== undefined) host.stdout.write(`${JSON.stringify(open.map((transaction) => ({ ...transaction, producerId: String(transaction.producerId) })))}\n`)
    else host.stdout.write(open.length === 0 ? 'No transaction is open.\n' : table(open, host.now()))
    return 0
  })
}

function table(open: readonly OpenTransaction[], nowMs: number): string {
  const rows = [
    ['TRANSACTIONAL ID', 'PRODUCER', 'EPOCH', 'STATE', 'OPEN FOR', 'TIMEOUT', 'PARTITIONS'],
    ...open.map(({ transactionalId, producerId, epoch, state, startTimestamp, timeoutMs, partitions }) => [
      transactionalId,
      String(producerId),
      String(epoch),
      state,
      startTimestamp < 0 ? '' : formatAge(nowMs - startTimestamp),
      formatAge(timeoutMs),
      partitions.map(({ topic, partitions: numbers }) => `${topic} ${numbers.join(',')}`).join('; '),
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}
