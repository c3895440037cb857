import { MillraceError } from '@millrace/core/spi'
import { deserializationOf } from './message-format.ts'
import type { ReadFormat } from './message-format.ts'
import type { KafkaRecord } from './kafka-record.ts'
import type { KafkaDeserializationSchema } from './record-deserialization.ts'

export interface ValueOnlyOptions {
  /** What a record without a value is. Default `reject`: a bad record, KAFKA_TOMBSTONE; `skip` only counts it, as `numTombstonesSkipped`. */
  readonly tombstones?: 'reject' | 'skip'
}

/** Reads the values alone. */
export function valueOnly<T>(format: ReadFormat<T>, options: ValueOnlyOptions = {}): KafkaDeserializationSchema<T> {
  const schema = deserializationOf(format)
  return {
    name: schema.name,
    ...(schema.type === undefined ? {} : { type: schema.type }),
    open({ metrics }) {
      const messages = schema.open()
      const skipped = options.tombstones === 'skip' ? metrics.counter('numTombstonesSkipped') : undefined
      return {
        ...(messages.prepare === undefined ? {} : { prepare: (records: Iterable<KafkaRecord>) => messages.prepare?.(valuesOf(records)) }),
        deserialize(record, output) {
          const { value } = record
          if (value !== null) messages.deserialize(value, output)
          else if (skipped !== undefined) skipped.value++
          else throw tombstone()
        },
      }
    },
  }
}

function* valuesOf(records: Iterable<KafkaRecord>): Iterable<Uint8Array> {
  for (const { value } of records) if (value !== null) yield value
}

function tombstone(): MillraceError {
  const remedy = "Read with valueOnly(format, { tombstones: 'skip' }) to pass over them, or with keyAndValue(key, value), where the value is null then"
  return new MillraceError('KAFKA_TOMBSTONE', `Expected a value, found none (a tombstone). ${remedy}`, { origin: 'external' })
}
