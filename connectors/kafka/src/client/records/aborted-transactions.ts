import type { AbortedTransaction } from '../protocol/fetch.ts'

/** Walks over the batches of one answer in offset order and says which of them an aborted transaction wrote. */
export interface AbortedTransactions {
  /** To be asked for each batch that is not a control batch, in order. */
  isAborted(producerId: bigint, lastOffset: number): boolean
  /** An abort marker: what this producer writes from here on belongs to another transaction. */
  ended(producerId: bigint, lastOffset: number): void
}

/**
 * The broker lists aborted transactions in order of completion, and several may be open at a time: a transaction counts from
 * its first offset on until its producer's next marker, as in Kafka's own consumer.
 */
export function abortedTransactions(listed: readonly AbortedTransaction[]): AbortedTransactions {
  const byFirstOffset = listed.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  let next = 0
  const openUpTo = (offset: number): void => {
    for (let first = byFirstOffset[next]; first !== undefined && first.firstOffset <= offset; first = byFirstOffset[++next]) open.add(first.producerId)
  }
  return {
    isAborted(producerId, lastOffset) {
      openUpTo(lastOffset)
      return open.has(producerId)
    },
    ended(producerId, lastOffset) {
      openUpTo(lastOffset)
      open.delete(producerId)
    },
  }
}
