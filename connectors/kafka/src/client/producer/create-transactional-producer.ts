import { MillraceError } from '@millrace/core/spi'
import type { Cluster } from '../cluster/cluster.ts'
import { failureOf } from '../cluster/protocol-errors.ts'
import { initializeProducer } from '../cluster/transaction-coordinator.ts'
import type { Committable } from '../committable.ts'
import { addPartitionsToTxn, type AddPartitionsToTxnResponse } from '../protocol/add-partitions-to-txn.ts'
import { groupByTopic } from '../protocol/protocol-message.ts'
import type { ProducerOptions } from '../record-producer.ts'
import type { TransactionalProducer } from '../transactional-producer.ts'
import { batchOutcome } from './batch-outcome.ts'
import { createBatchSender } from './batch-sender.ts'
import type { ProducerSession } from './dispatcher.ts'

interface Transaction extends ProducerSession {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Set when the first record is to be sent. */
  initialized?: Promise<Committable>
}

export function createTransactionalProducer(cluster: Cluster, options: ProducerOptions): TransactionalProducer {
  const sender = createBatchSender(cluster, { ...options, acks: 'all' }, { transactionalId: null, identify: () => Promise.reject(noTransaction()) })
  let transaction: Transaction | undefined
  let appended = false

  const begun = (transactionalId: string, timeoutMs: number): Transaction => ({
    transactionalId,
    timeoutMs,
    identify(retry) {
      this.initialized ??= initializeProducer(cluster, transactionalId, timeoutMs, retry).then((producer) => ({ transactionalId, ...producer }))
      return this.initialized
    },
    async enlist(partitions, retry) {
      const committable = await this.initialized
      if (committable === undefined) throw noTransaction()
      const request = { ...committable, topics: groupByTopic(partitions) }
      const answer = await cluster.askCoordinator('transaction', transactionalId, addPartitionsToTxn, request, firstRetryable, retry)
      for (const { topic, partitions: answered } of answer) {
        for (const { partition, errorCode } of answered) {
          const outcome = batchOutcome(failureOf(errorCode), `${topic}-${partition} in transaction '${transactionalId}'`)
          if (outcome !== 'written') throw outcome.error
        }
      }
    },
  })

  return {
    partitionCount: sender.partitionCount,
    loadTopics: sender.loadTopics,
    append(...record) {
      if (transaction === undefined) throw noTransaction()
      appended = true
      sender.append(...record)
    },
    get bufferedBytes() {
      return sender.bufferedBytes
    },
    ready: sender.ready,
    flush: sender.flush,
    begin(transactionalId, timeoutMs) {
      appended = false
      transaction = begun(transactionalId, timeoutMs)
      sender.restart(transaction)
    },
    async precommit() {
      await sender.flush()
      const committable = appended ? await transaction?.initialized : undefined
      transaction = undefined
      return committable
    },
    async abort() {
      const { transactionalId, timeoutMs, initialized } = transaction ?? {}
      transaction = undefined
      sender.restart({ transactionalId: null, identify: () => Promise.reject(noTransaction()) })
      if (initialized === undefined || transactionalId === undefined || timeoutMs === undefined) return
      await initialized.catch(() => undefined)
      // unlike EndTxn this also fences requests that are still on their way
      await initializeProducer(cluster, transactionalId, timeoutMs)
    },
    close: sender.close,
  }
}

/** Partitions are added all or none: if one is to be repeated, all are. */
function firstRetryable(answer: AddPartitionsToTxnResponse): number {
  const codes = answer.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  return codes.find((code) => failureOf(code)?.retryable) ?? 0
}

function noTransaction(): MillraceError {
  return new MillraceError('KAFKA_NO_TRANSACTION', 'A record was written outside of a transaction: `begin` was not called.', { origin: 'engine' })
}
