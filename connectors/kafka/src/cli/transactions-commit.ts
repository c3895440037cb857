import { invalidArgument } from '@millrace/core/cli'
import type { ProgramHost } from '@millrace/core/cli'
import { MillraceError } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'
import type { KafkaClient, KafkaClientFactory } from '../client/kafka-client.ts'
import type { CommitOutcome } from '../client/transaction-coordinator-client.ts'
import { withClient } from './connect.ts'
import { openTransactions } from './open-transactions.ts'

const COMMAND = {
  name: 'commit',
  usage: '--brokers HOST:PORT ID [--producer-id N --epoch N]',
  about:
    'Makes what an open transaction wrote visible. For a job that will never be restored: its last checkpoint is complete, and the transaction belongs to it. ' +
    'A job that is restored commits by itself; a transaction that belongs to no completed checkpoint will be written again by such a job, so commit none of these.',
  flags: [
    { name: 'producer-id', value: 'N', summary: 'As in the checkpoint or the log; default: of the transaction that is open' },
    { name: 'epoch', value: 'N', summary: 'As in the checkpoint or the log; default: of the transaction that is open' },
  ],
}

const FAILED: Readonly<Record<Exclude<CommitOutcome, 'committed'>, string>> = {
  fenced: 'a later producer took the id over, or it timed out: it has been aborted',
  'invalid-state': 'it was aborted, or nothing was written in it',
  'unknown-producer': 'the broker has forgotten this producer',
}

export function commitTransaction(host: ProgramHost, factory: KafkaClientFactory): Promise<number> {
  return withClient(host, factory, COMMAND, async ({ client, positionals, flag }) => {
    const [id, ...others] = positionals
    if (id === undefined || others.length > 0) throw invalidArgument(`millrace kafka transactions commit expects one transactional id, found ${positionals.length}`)
    const outcome = await client.transactions().commit(await committableOf(client, id, flag('producer-id'), flag('epoch')))
    if (outcome !== 'committed') throw new MillraceError('KAFKA_COMMIT_FAILED', `Expected ${id} to be open, found that ${FAILED[outcome]}`, { origin: 'external' })
    host.stdout.write(`${id} committed\n`)
    return 0
  })
}

async function committableOf(client: KafkaClient, transactionalId: string, producerId: string | undefined, epoch: string | undefined): Promise<Committable> {
  if ((producerId === undefined) !== (epoch === undefined)) throw invalidArgument('--producer-id and --epoch belong together; give both or none')
  if (producerId !== undefined && epoch !== undefined) {
    if (!/^\d+$/.test(producerId) || !/^\d+$/.test(epoch)) throw invalidArgument(`--producer-id and --epoch expect numbers, found ${producerId} and ${epoch}`)
    return { transactionalId, producerId: BigInt(producerId), epoch: Number(epoch) }
  }
  const found = (await openTransactions(client, transactionalId)).find((one) => one.transactionalId === transactionalId)
  if (found === undefined) throw new MillraceError('KAFKA_COMMIT_FAILED', `Expected ${transactionalId} to be open, found no open transaction of that id`, { origin: 'external' })
  return { transactionalId, producerId: found.producerId, epoch: found.epoch }
}
