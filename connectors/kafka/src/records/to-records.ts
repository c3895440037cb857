import { MillraceError } from '@millrace/core/spi'
import type { KafkaHeader } from '../client/record-cursor.ts'
import { serializationOf } from './message-format.ts'
import type { WriteFormat } from './message-format.ts'
import type { KafkaSerializationSchema } from './record-serialization.ts'

export interface RecordOptions<T, K = string | Uint8Array | null> {
  readonly topic: string | ((value: T) => string)
  /** Of the values, such as `jsonLines(Count)`. */
  readonly format: WriteFormat<T>
  /** Default: no key. With one, all records of a key go to one partition, the one that Java clients choose. */
  readonly key?: (value: T) => K
  /** Of the keys. Default: text as UTF-8, bytes as they are. */
  readonly keyFormat?: WriteFormat<K>
  readonly headers?: (value: T) => readonly (readonly [name: string, value: string | Uint8Array | null])[]
  /** Epoch milliseconds. Default: the event time. */
  readonly timestamp?: (value: T) => number
  /** Default: the sink's partitioner decides, by key. */
  readonly partition?: (value: T) => number
  /** Values for which a record without a value is written, which deletes the key from a compacted topic. Default: none. */
  readonly tombstone?: (value: T) => boolean
}

/** Makes one record of each value. */
export function toRecords<T, K = string | Uint8Array | null>(options: RecordOptions<T, K>): KafkaSerializationSchema<T> {
  const { topic, key, headers, timestamp, partition, tombstone } = options
  const values = serializationOf(options.format)
  const keys = options.keyFormat === undefined ? undefined : serializationOf(options.keyFormat)
  return {
    name: keys === undefined ? values.name : `${keys.name} → ${values.name}`,
    open() {
      const valueSerializer = values.open()
      const keySerializer = keys?.open()
      return {
        async prepare() {
          await keySerializer?.prepare?.()
          await valueSerializer.prepare?.()
        },
        serialize(value, record) {
          record.topic = typeof topic === 'string' ? topic : topic(value)
          if (key !== undefined) {
            const plain = key(value)
            record.key = keySerializer === undefined ? plainBytes(plain, 'key') : keySerializer.serialize(plain)
          }
          if (tombstone === undefined || !tombstone(value)) record.value = valueSerializer.serialize(value)
          if (headers !== undefined) record.headers = headers(value).map(([name, content]): KafkaHeader => [name, plainBytes(content, `header ${name}`)])
          if (timestamp !== undefined) record.timestamp = timestamp(value)
          if (partition !== undefined) record.partition = partition(value)
        },
      }
    },
  }
}

function plainBytes(value: unknown, what: string): Uint8Array | null {
  if (typeof value === 'string') return Buffer.from(value)
  if (value === null || value instanceof Uint8Array) return value
  throw new MillraceError('KAFKA_SERIALIZE', `Expected the ${what} of a record to be text, bytes or null, found ${typeof value}. Give a keyFormat, or convert it`, { origin: 'user' })
}
