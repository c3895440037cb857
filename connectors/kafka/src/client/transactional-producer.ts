import type { Committable } from './committable.ts'
import type { RecordProducer } from './record-producer.ts'

/** One transaction after the other, each under a transactional id of its own. */
export interface TransactionalProducer extends RecordProducer {
  /**
   * Begins a transaction, aborting what another producer left open under this id. Synchronous: the coordinator is asked when
   * the first record is appended, so an empty transaction costs nothing. The one before must be precommitted or aborted.
   */
  begin(transactionalId: string, timeoutMs: number): void
  /** Flushes and hands the transaction over, to be committed elsewhere; undefined if it is empty. */
  precommit(): Promise<Committable | undefined>
  /** Drops what is buffered and aborts the transaction if the coordinator knows of it. */
  abort(): Promise<void>
}
