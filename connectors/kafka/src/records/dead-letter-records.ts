import type { BadRecord } from '@millrace/core/spi'
import type { KafkaHeader } from '../client/record-cursor.ts'
import type { KafkaSerializationSchema } from './record-serialization.ts'

/**
 * Dead letters as records: the value is the bad record's own bytes, so that it can be replayed as it was; where it came from and
 * what is wrong with it is in the headers `millrace.source`, `.partition`, `.offset`, `.line`, `.field`, `.code` and `.reason`, as
 * text, those that are known.
 */
export function deadLetterRecords(topic: string): KafkaSerializationSchema<BadRecord> {
  return {
    name: 'dead letter',
    open: () => ({
      serialize(letter, record) {
        const { source, partition, offset, line, field, code, reason } = letter
        record.topic = topic
        record.value = letter.raw
        record.headers = Object.entries({ source, partition, offset, line, field, code, reason }).flatMap(([name, content]): KafkaHeader[] =>
          content === null ? [] : [[`millrace.${name}`, Buffer.from(String(content))]],
        )
      },
    }),
  }
}
