import { MillraceError } from '@millrace/core/spi'
import { kafkaError } from '../client/cluster/protocol-errors.ts'
import type { KafkaFailure } from '../client/kafka-failure.ts'

/** What the broker answered about a topic or one of its partitions. `what` is what could not be done, such as `read orders-0`. */
export function partitionError(what: string, topic: string, failure: KafkaFailure): MillraceError {
  const at = { file: topic }
  if (failure.name !== 'UNKNOWN_TOPIC_OR_PARTITION' && failure.name !== 'UNKNOWN_TOPIC_ID') return kafkaError(failure, what, at)
  const remedy = 'Check the name; create the topic before the job starts; if it was deleted, take it off the job'
  return new MillraceError('KAFKA_UNKNOWN_TOPIC', `Could not ${what}: there is no such topic or partition, or this user may not see it. ${remedy}`, { origin: 'external', at })
}
