import type { Committable } from '../client/committable.ts'
import type { TransactionalProducer } from '../client/transactional-producer.ts'
import type { KafkaWriterState } from './lingering-transactions.ts'
import { transactionalId } from './transactional-id.ts'

/** The transactions of one writer: one for each checkpoint that has records. */
export interface TransactionSequence {
  /** Ends the current transaction, to be committed when its checkpoint completes, and begins the next. Nothing if it has no record. */
  next(): Promise<readonly Committable[]>
  /** After `next`: which transactions the checkpoint does not contain. */
  state(): KafkaWriterState
  /** Aborts what is in no checkpoint, as well as it can within a short time: who comes next will do it otherwise. */
  abandon(): Promise<void>
}

const ABANDON_TIMEOUT_MS = 3000

export function transactionSequence(producer: TransactionalProducer, first: KafkaWriterState, timeoutMs: number): TransactionSequence {
  let state = first
  const begin = (): void => producer.begin(transactionalId(state.prefix, state), timeoutMs)
  begin()
  return {
    async next() {
      const committable = await producer.precommit()
      if (committable !== undefined) state = { ...state, sequence: state.sequence + 1 }
      begin()
      return committable === undefined ? [] : [committable]
    },
    state: () => state,
    async abandon() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ABANDON_TIMEOUT_MS)
      // what fails here is left to the next attempt, which aborts what it finds
      await Promise.race([producer.abort().catch(() => undefined), late])
      clearTimeout(timer)
    },
  }
}
