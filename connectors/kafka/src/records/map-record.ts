import type { TypeInformation } from '@millrace/core/spi'
import type { KafkaRecord } from './kafka-record.ts'
import type { KafkaDeserializationSchema } from './record-deserialization.ts'

/**
 * Reads records with a function of your own; undefined passes over a record. The record is only lent: copy bytes that you keep.
 * What the function throws makes a bad record (KAFKA_DESERIALIZE unless it is a MillraceError).
 */
export function mapRecord<T>(map: (record: KafkaRecord) => T | undefined, type?: TypeInformation<T>): KafkaDeserializationSchema<T> {
  return {
    name: 'function',
    ...(type === undefined ? {} : { type }),
    open: () => ({
      deserialize(record, output) {
        const value = map(record)
        if (value !== undefined) output.collect(value)
      },
    }),
  }
}
