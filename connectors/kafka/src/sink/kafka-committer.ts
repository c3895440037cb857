import { MillraceError, type Committer, type SinkWriterContext } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { CommitOutcome } from '../client/transaction-coordinator-client.ts'

const REASONS: Readonly<Record<Exclude<CommitOutcome, 'committed'>, string>> = {
  fenced: 'it lasted longer than its timeout, or another job uses the same `transactionalIdPrefix`',
  'invalid-state': 'it was aborted',
  'unknown-producer': 'the broker has forgotten it (`transactional.id.expiration.ms`)',
}

/** Commits transactions that checkpoints contain; a second time is no harm. */
export function kafkaCommitter(client: KafkaClient, onLostTransaction: 'fail' | 'continue', { logger, metrics }: SinkWriterContext): Committer<Committable> {
  const lost = metrics.counter('numTransactionsLost')
  const coordinator = client.transactions()

  const commit = async (committable: Committable): Promise<void> => {
    const outcome = await coordinator.commit(committable)
    if (outcome === 'committed') return
    lost.value++
    const { transactionalId } = committable
    const message = `Transaction '${transactionalId}' is in a completed checkpoint and cannot be committed any more: ${REASONS[outcome]}. Its records are lost, unless a run after this checkpoint committed them.`
    if (onLostTransaction === 'fail')
      throw new MillraceError('KAFKA_TRANSACTION_LOST', `${message} To go on without them set \`onLostTransaction: 'continue'\`; to prevent it raise \`transactionTimeout\`.`, {
        origin: 'external',
      })
    logger.error({ transactionalId, outcome }, message)
  }

  return {
    // as many at a time as there are: one per checkpoint that was not committed yet
    commit: async (committables) => void (await Promise.all(committables.map(commit))),
    close: () => client.close(),
  }
}
