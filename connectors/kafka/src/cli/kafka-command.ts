import { invalidArgument } from '@millrace/core/cli'
import type { ProgramHost } from '@millrace/core/cli'
import { kafkaJsClient } from '../client/kafkajs-client.ts'
import type { KafkaClientFactory } from '../client/kafka-client.ts'
import { abortTransactions } from './transactions-abort.ts'
import { commitTransaction } from './transactions-commit.ts'
import { listTransactions } from './transactions-list.ts'

const USAGE = `Usage: millrace kafka transactions list|abort|commit [flags]

  list    Show the open transactions of a cluster
  abort   End open transactions and drop what they wrote
  commit  Make what an open transaction wrote visible

Each tells more with --help.
`

/** `millrace kafka …` */
export async function kafka(host: ProgramHost, client: KafkaClientFactory = kafkaJsClient): Promise<number> {
  const [subject, action, ...argv] = host.argv
  if (subject === undefined || subject === '--help' || subject === '-h' || (subject === 'transactions' && (action === undefined || action === '--help' || action === '-h'))) {
    host.stdout.write(USAGE)
    return 0
  }
  if (subject === 'transactions' && action === 'list') return listTransactions({ ...host, argv }, client)
  if (subject === 'transactions' && action === 'abort') return abortTransactions({ ...host, argv }, client)
  if (subject === 'transactions' && action === 'commit') return commitTransaction({ ...host, argv }, client)
  throw invalidArgument(`millrace kafka knows transactions list, transactions abort and transactions commit, found ${host.argv.join(' ')}`)
}
