import type { MillraceError } from '@millrace/core/spi'
import type { Committable } from './committable.ts'

/**
 * `fenced`: a later producer took the transactional id over, or the transaction timed out. `invalid-state`: it was aborted, or
 * never had a record. `unknown-producer`: the id expired. In all three the transaction cannot be committed any more.
 */
export type CommitOutcome = 'committed' | 'fenced' | 'invalid-state' | 'unknown-producer'

export interface ProducerIdAndEpoch {
  readonly producerId: bigint
  /** 0 when the transactional id was never used before. */
  readonly epoch: number
}

export interface OpenTransaction extends ProducerIdAndEpoch {
  readonly transactionalId: string
  /** As the broker says: `Ongoing`, `PrepareCommit`, `PrepareAbort` … */
  readonly state: string
  /** Epoch milliseconds, −1 if it has not begun. */
  readonly startTimestamp: number
  readonly timeoutMs: number
  /** Topic and partitions it has written to. */
  readonly partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

/** Talks to the coordinators of transactions that some other producer, perhaps of a dead process, began. */
export interface TransactionCoordinatorClient {
  /** Idempotent: the same again for a transaction that is committed already. `onRetry` is told of failed attempts that will be repeated. */
  commit(committable: Committable, onRetry?: (error: MillraceError, attempt: number) => void): Promise<CommitOutcome>
  /**
   * Takes the transactional id over, which aborts its open transaction and fences its producer. Rejects with
   * `KAFKA_TRANSACTION_TIMEOUT_TOO_LONG` if the broker's `transaction.max.timeout.ms` is less than `timeoutMs`.
   */
  initialize(transactionalId: string, timeoutMs: number): Promise<ProducerIdAndEpoch>
  /** Transactions not yet completed whose id begins with `prefix`; undefined where a broker is too old to tell. */
  listOpen(prefix: string): Promise<readonly OpenTransaction[] | undefined>
}
