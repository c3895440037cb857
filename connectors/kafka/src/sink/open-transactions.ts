import type { SinkWriterContext } from '@millrace/core/spi'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { TransactionalProducer } from '../client/transactional-producer.ts'
import { badOption } from '../source/bad-option.ts'
import { abortLingering, type KafkaWriterState } from './lingering-transactions.ts'
import { transactionSequence, type TransactionSequence } from './transaction-sequence.ts'
import { transactionalId } from './transactional-id.ts'

export interface TransactionSettings {
  readonly prefix: string
  readonly timeoutMs: number
}

/** Clears away what earlier attempts left, then begins the first transaction of this one. */
export async function openTransactions(
  client: KafkaClient,
  producer: TransactionalProducer,
  { prefix, timeoutMs }: TransactionSettings,
  { subtaskIndex: subtask, parallelism, firstCheckpointId: generation, checkpointIntervalMs = 0, logger }: SinkWriterContext,
  restored: readonly KafkaWriterState[],
): Promise<TransactionSequence> {
  if (checkpointIntervalMs >= timeoutMs) throw badOption('transactionTimeout of kafkaSink', `longer than the checkpoint interval of ${checkpointIntervalMs} ms, or every transaction would time out`, `${timeoutMs} ms`)
  const coordinator = client.transactions()
  const aborted = await abortLingering({ coordinator, prefix, timeoutMs, subtask, parallelism, generation, restored })
  if (aborted > 0) logger.info({ aborted, prefix, subtask }, 'Aborted Kafka transactions that an earlier attempt left open')
  const first = { prefix, subtask, generation, sequence: 0 }
  // now, so that a timeout that the broker refuses fails the job at its start
  await coordinator.initialize(transactionalId(prefix, first), timeoutMs)
  return transactionSequence(producer, first, timeoutMs)
}
