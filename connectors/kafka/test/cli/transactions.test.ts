import type { ProgramHost } from '@millrace/core/cli'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli.ts'
import { kafka } from '../../src/cli/kafka-command.ts'
import type { Committable } from '../../src/client/committable.ts'
import type { KafkaConnectionOptions } from '../../src/client/connection-options.ts'
import type { KafkaClientFactory } from '../../src/client/kafka-client.ts'
import type { CommitOutcome, OpenTransaction } from '../../src/client/transaction-coordinator-client.ts'
import { MemoryCluster } from '../support/memory-cluster.ts'

const transaction = (transactionalId: string, startTimestamp: number): OpenTransaction => ({
  ...{ transactionalId, startTimestamp, producerId: 2n ** 53n + 1n, epoch: 3, state: 'Ongoing', timeoutMs: 60_000 },
  partitions: [{ topic: 'out', partitions: [0, 2] }],
})

interface Run {
  readonly code: number
  readonly output: string
  readonly initialized: readonly string[]
  readonly committed: readonly Committable[]
  readonly connection: KafkaConnectionOptions | undefined
}

async function run(command: string, options: { readonly open?: readonly OpenTransaction[] | undefined; readonly outcome?: CommitOutcome; readonly env?: ProgramHost['env'] } = {}): Promise<Run> {
  const { outcome = 'committed', env = {} } = options
  const open = 'open' in options ? options.open : [transaction('job-1', 9000), transaction('job-0', 4000), transaction('other', 1000)]
  const [initialized, committed]: [string[], Committable[]] = [[], []]
  const cluster = new MemoryCluster()
  let connection: KafkaConnectionOptions | undefined
  const client: KafkaClientFactory = (given, context) => {
    connection = given
    return {
      ...cluster.client(given, context),
      transactions: () => ({
        listOpen: async (prefix) => open?.filter(({ transactionalId }) => transactionalId.startsWith(prefix)),
        async initialize(id) {
          initialized.push(id)
          return { producerId: 1n, epoch: 4 }
        },
        async commit(committable) {
          committed.push(committable)
          return outcome
        },
      }),
    }
  }
  let output = ''
  const stream = { write: (text: string) => ((output += text), true), isTTY: false }
  const host: ProgramHost = { argv: command.split(' ').filter((word) => word !== ''), env, directory: '/', stdout: stream, stderr: stream, now: () => 10_000, every: () => () => {}, onSignal: () => () => {}, onOutput: () => () => {} }
  try {
    return { code: await kafka(host, client), output, initialized, committed, connection }
  } finally {
    expect(cluster.openClients).toBe(0)
  }
}

const invalid = expect.objectContaining({ code: 'CLI_INVALID_ARGUMENT' }) as object

describe('millrace kafka', () => {
  test('is found by the command line', () => expect(commands.map(({ name }) => name)).toEqual(['kafka']))

  test('tells what it can do', async () => {
    for (const typed of ['', '--help', 'transactions', 'transactions --help']) expect((await run(typed)).output).toContain('list|abort|commit')
    for (const action of ['list', 'abort', 'commit']) expect((await run(`transactions ${action} --help`)).output).toMatch(new RegExp(`Usage: millrace kafka transactions ${action} --brokers(.|\n)*--sasl`))
    await expect(run('topics')).rejects.toEqual(invalid)
  })

  test('connects as told, and takes secrets from the environment alone', async () => {
    const { connection } = await run('transactions list --brokers a:1,b:2 --tls --sasl SCRAM-SHA-256 --user me', { env: { MILLRACE_KAFKA_PASSWORD: 'hidden' } })
    expect(connection).toEqual({ brokers: ['a:1', 'b:2'], clientId: 'millrace-cli', tls: true, sasl: { mechanism: 'scram-sha-256', username: 'me', password: 'hidden' } })
    for (const typed of ['', '--brokers a:1 --sasl gssapi --user me', '--brokers a:1 --sasl plain --user me', '--brokers a:1 --sasl plain']) {
      await expect(run(`transactions list ${typed}`)).rejects.toEqual(invalid)
    }
  })
})

describe('millrace kafka transactions list', () => {
  test('shows open transactions, oldest first', async () => {
    const { output } = await run('transactions list --brokers a:1 --prefix job-')
    expect(output.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'TRANSACTIONAL ID | PRODUCER | EPOCH | STATE | OPEN FOR | TIMEOUT | PARTITIONS',
      'job-0 | 9007199254740993 | 3 | Ongoing | 6.0 s | 1 min 0 s | out 0,2',
      'job-1 | 9007199254740993 | 3 | Ongoing | 1.0 s | 1 min 0 s | out 0,2',
      '',
    ])
    expect((await run('transactions list --brokers a:1', { open: [] })).output).toBe('No transaction is open.\n')
    expect(JSON.parse((await run('transactions list --brokers a:1 --json --prefix other')).output)).toMatchObject([{ transactionalId: 'other', producerId: '9007199254740993' }])
  })

  test('says so when the cluster cannot tell', async () => {
    await expect(run('transactions list --brokers a:1', { open: undefined })).rejects.toMatchObject({ code: 'KAFKA_CANNOT_LIST' })
    await expect(run('transactions list --brokers a:1 job')).rejects.toEqual(invalid)
  })
})

describe('millrace kafka transactions abort', () => {
  test('ends the transactions that are named, or all of a prefix', async () => {
    expect(await run('transactions abort --brokers a:1 x y')).toMatchObject({ initialized: ['x', 'y'], output: 'x aborted\ny aborted\n' })
    expect(await run('transactions abort --brokers a:1 --prefix job-')).toMatchObject({ initialized: ['job-0', 'job-1'] })
    const committing = { ...transaction('job-2', 1), state: 'PrepareCommit' }
    expect(await run('transactions abort --brokers a:1 --prefix job-', { open: [committing] })).toMatchObject({ initialized: [] })
    expect(await run('transactions abort --brokers a:1 --prefix nothing')).toMatchObject({ initialized: [], output: 'No transaction is open.\n' })
    for (const typed of ['', 'x --prefix job-']) await expect(run(`transactions abort --brokers a:1 ${typed}`)).rejects.toEqual(invalid)
  })
})

describe('millrace kafka transactions commit', () => {
  test('commits the open transaction of an id, or exactly the one of a producer and epoch', async () => {
    expect((await run('transactions commit --brokers a:1 job-1')).committed).toEqual([{ transactionalId: 'job-1', producerId: 9007199254740993n, epoch: 3 }])
    expect((await run('transactions commit --brokers a:1 gone --producer-id 9007199254740995 --epoch 2')).committed).toEqual([{ transactionalId: 'gone', producerId: 9007199254740995n, epoch: 2 }])
  })

  test('fails for what is not open any more', async () => {
    await expect(run('transactions commit --brokers a:1 job')).rejects.toMatchObject({ code: 'KAFKA_COMMIT_FAILED' })
    for (const outcome of ['fenced', 'invalid-state', 'unknown-producer'] as const) await expect(run('transactions commit --brokers a:1 job-1', { outcome })).rejects.toMatchObject({ code: 'KAFKA_COMMIT_FAILED' })
    for (const typed of ['', 'a b', 'a --epoch 1', 'a --epoch x --producer-id 1']) await expect(run(`transactions commit --brokers a:1 ${typed}`)).rejects.toEqual(invalid)
  })
})
