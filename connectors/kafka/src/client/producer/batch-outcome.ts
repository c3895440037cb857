import { MillraceError } from '@millrace/core/spi'
import { kafkaError } from '../cluster/protocol-errors.ts'
import type { KafkaFailure } from '../kafka-failure.ts'

/** An answer was lost, and the batch had arrived. */
const WRITTEN_BEFORE = 'DUPLICATE_SEQUENCE_NUMBER'
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']
/** The broker does not take this producer id and epoch any more, or has forgotten its sequence numbers. */
const FENCED = [
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'TRANSACTION_ABORTABLE',
]

/** What a broker's answer means for a batch: it is written, or an error, retryable if the batch may be sent again. */
export type BatchOutcome = 'written' | { readonly sendAgain: boolean; readonly error: MillraceError }

export function batchOutcome(failure: KafkaFailure | undefined, partition: string): BatchOutcome {
  if (failure === undefined || failure.name === WRITTEN_BEFORE) return 'written'
  if (TOO_LARGE.includes(failure.name)) {
    return {
      sendAgain: false,
      error: new MillraceError(
        'KAFKA_RECORD_TOO_LARGE',
        `A batch for ${partition} is larger than the broker takes (${failure.name}). Raise the topic's \`max.message.bytes\`, or lower \`batchBytes\` below it; a single record must fit too.`,
        { origin: 'user' },
      ),
    }
  }
  if (FENCED.includes(failure.name)) return { sendAgain: false, error: fencedError(failure, `write to ${partition}`) }
  return { sendAgain: failure.retryable, error: kafkaError(failure, `write to ${partition}`) }
}

/** Retryable for the job: a new attempt has a new producer. */
export function fencedError({ name }: KafkaFailure, what: string): MillraceError {
  return new MillraceError(
    'KAFKA_PRODUCER_FENCED',
    `Could not ${what}: the broker answered ${name}. Either another job uses the same \`transactionalIdPrefix\`, or the transaction lasted longer than its timeout.`,
    { origin: 'external', retryable: true },
  )
}
