import { MillraceError, type Committer, type SinkWriterContext } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { CommitOutcome } from '../client/transaction-coordinator-client.ts'
import { Outage } from '../outage.ts'

const REASONS: Readonly<Record<Exclude<CommitOutcome, 'committed'>, string>> = {
  fenced: 'it lasted longer than its timeout, or another job uses the same `transactionalIdPrefix`',
  'invalid-state': 'it was aborted',
  'unknown-producer': 'the broker has forgotten it (`transactional.id.expiration.ms`)',
}

/** Commits transactions that checkpoints contain; a second time is no harm. */
export function kafkaCommitter(client: KafkaClient, onLostTransaction: 'fail' | 'continue', context: SinkWriterContext): Committer<Committable> {
  const { logger, metrics } = context
  const group = metrics.group('committer')
  const outage = new Outage({ logger, metrics: group, now: () => context.now() }, group.counter('numCommitRetries'), 'committing to Kafka')
  const lost = metrics.counter('numTransactionsLost')
  const coordinator = client.transactions()

  const commit = async (committable: Committable): Promise<void> => {
    const outcome = await coordinator.commit(committable, (error, attempt) => outage.retrying(error, attempt))
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
    async commit(committables) {
      await Promise.all(committables.map(commit))
      outage.recovered()
    },
    close: () => client.close(),
  }
}
