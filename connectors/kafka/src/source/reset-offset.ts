import { MillraceError } from '@millrace/core/spi'
import type { Logger } from '@millrace/core/spi'
import type { Isolation } from '../client/isolation.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { OffsetReset } from './offset-options.ts'
import type { PartitionProgress } from './partition-progress.ts'
import { startingOffsets } from './resolve-offsets.ts'

/**
 * Where to go on when the broker no longer has the offset that comes next, or does not have it yet. Throws
 * KAFKA_OFFSET_OUT_OF_RANGE under `fail`, since records were lost.
 */
export async function resetOffset(client: KafkaClient, isolation: Isolation, policy: OffsetReset | 'fail', { split, position }: PartitionProgress, logger: Logger): Promise<number> {
  const { id, topic } = split
  const lookup = { client, isolation, groupId: undefined }
  const [first, last] = await Promise.all([startingOffsets(lookup, [split], 'earliest'), startingOffsets(lookup, [split], 'latest')])
  const [start, end] = [first.get(id) ?? 0, last.get(id) ?? 0]
  const why = position < start ? 'they were deleted, by retention or by somebody, before they were read' : 'the log was cut, or the topic was deleted and created anew'
  if (policy === 'fail') {
    const remedy = "Longer retention prevents it; to go on regardless, set outOfRange of kafkaSource to 'earliest' or 'latest'"
    throw new MillraceError('KAFKA_OFFSET_OUT_OF_RANGE', `Expected records of ${id} from offset ${position} on, found that it has ${start} … ${end}: ${why}. ${remedy}`, {
      origin: 'external',
      at: { file: topic, offset: position },
    })
  }
  const next = policy === 'earliest' ? start : end
  logger.warn({ partition: id, expected: position, start, end, next }, `the next offset is not there: ${why}; going on at ${next}, as outOfRange says`)
  return next
}
