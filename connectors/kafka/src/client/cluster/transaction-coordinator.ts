import { MillraceError } from '@millrace/core/spi'
import { describeTransactions } from '../protocol/describe-transactions.ts'
import { endTxn } from '../protocol/end-txn.ts'
import { initProducerId } from '../protocol/init-producer-id.ts'
import { listTransactions } from '../protocol/list-transactions.ts'
import type { CommitOutcome, OpenTransaction, ProducerIdAndEpoch, TransactionCoordinatorClient } from '../transaction-coordinator-client.ts'
import type { Cluster } from './cluster.ts'
import { failureOf, kafkaError } from './protocol-errors.ts'
import type { RetryOptions } from './retrying.ts'

/** What brokers answer to a commit that comes too late, or twice after the id was used again. */
const OUTCOMES: Readonly<Record<string, CommitOutcome>> = {
  INVALID_PRODUCER_EPOCH: 'fenced',
  PRODUCER_FENCED: 'fenced',
  INVALID_TXN_STATE: 'invalid-state',
  INVALID_PRODUCER_ID_MAPPING: 'unknown-producer',
  TRANSACTIONAL_ID_NOT_FOUND: 'unknown-producer',
}
/** All that is not complete. */
const OPEN_STATES = ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence']

export function transactionCoordinator(cluster: Cluster): TransactionCoordinatorClient {
  return {
    async commit(committable, onRetry) {
      const request = { ...committable, commit: true }
      const { errorCode } = await cluster.askCoordinator('transaction', committable.transactionalId, endTxn, request, (response) => response.errorCode, { onRetry })
      const failure = failureOf(errorCode)
      if (failure === undefined) return 'committed'
      const outcome = OUTCOMES[failure.name]
      if (outcome === undefined) throw kafkaError(failure, `commit transaction '${committable.transactionalId}'`)
      return outcome
    },
    initialize: (transactionalId, timeoutMs) => initializeProducer(cluster, transactionalId, timeoutMs),
    async listOpen(prefix) {
      await cluster.retrying(() => cluster.refresh([]))
      const listed = await Promise.all(cluster.nodeIds().map((nodeId) => openOn(cluster, nodeId)))
      if (listed.includes(undefined)) return undefined
      const ids = listed.flatMap((some) => some ?? []).filter((id) => id.startsWith(prefix))
      const described = await Promise.all(ids.map((id) => describe(cluster, id)))
      return described.filter((transaction) => transaction !== undefined)
    },
  }
}

/** `transactionalId` null: for a producer that is only idempotent, whom any broker serves. */
export async function initializeProducer(cluster: Cluster, transactionalId: string | null, timeoutMs: number, retry: Partial<RetryOptions> = {}): Promise<ProducerIdAndEpoch> {
  const request = { transactionalId, timeoutMs }
  if (transactionalId !== null) {
    return producerOf(await cluster.askCoordinator('transaction', transactionalId, initProducerId, request, ({ errorCode }) => errorCode, retry), request)
  }
  return cluster.retrying(async () => {
    const connections = cluster.nodeIds().length > 0 ? cluster.nodeIds() : (await cluster.refresh([])).brokers.map(({ nodeId }) => nodeId)
    const nodeId = connections[Math.floor(Math.random() * connections.length)] ?? -1
    return producerOf(await (await cluster.connection(nodeId)).send(initProducerId, request), request)
  }, retry)
}

function producerOf(
  { errorCode, producerId, epoch }: ProducerIdAndEpoch & { readonly errorCode: number },
  { transactionalId, timeoutMs }: { readonly transactionalId: string | null; readonly timeoutMs: number },
): ProducerIdAndEpoch {
  const failure = failureOf(errorCode)
  if (failure === undefined) return { producerId, epoch }
  if (failure.name === 'INVALID_TRANSACTION_TIMEOUT') {
    throw new MillraceError(
      'KAFKA_TRANSACTION_TIMEOUT_TOO_LONG',
      `The broker refused a transaction timeout of ${timeoutMs} ms: its \`transaction.max.timeout.ms\` (15 minutes unless changed) is less. Raise it there, or lower \`transactionTimeout\`; it must outlast the longest time from one completed checkpoint to the next, restarts included, or data is lost.`,
      { origin: 'user' },
    )
  }
  throw kafkaError(failure, transactionalId === null ? 'get a producer id' : `initialize transactional id '${transactionalId}'`)
}

async function openOn(cluster: Cluster, nodeId: number): Promise<readonly string[] | undefined> {
  return cluster.retrying(async () => {
    const connection = await cluster.connection(nodeId)
    if (!connection.supports(listTransactions) || !connection.supports(describeTransactions)) return undefined
    const { errorCode, transactions } = await connection.send(listTransactions, OPEN_STATES)
    const failure = failureOf(errorCode)
    if (failure !== undefined) throw kafkaError(failure, `list the transactions of broker ${nodeId}`)
    return transactions.map(({ transactionalId }) => transactionalId)
  })
}

/** Undefined if it has been completed and forgotten meanwhile. */
async function describe(cluster: Cluster, transactionalId: string): Promise<OpenTransaction | undefined> {
  const [answer] = await cluster.askCoordinator('transaction', transactionalId, describeTransactions, [transactionalId], ([first]) => first?.errorCode ?? 0)
  if (answer === undefined) return undefined
  const { errorCode, ...transaction } = answer
  const failure = failureOf(errorCode)
  if (failure?.name === 'TRANSACTIONAL_ID_NOT_FOUND') return undefined
  if (failure !== undefined) throw kafkaError(failure, `describe transaction '${transactionalId}'`)
  return transaction
}
