/**
 * All it takes to commit a flushed transaction, from any process, any number of times. A transactional id is initialized
 * anew for every transaction, so the epoch names one transaction and no later one.
 */
export interface Committable {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly epoch: number
}
