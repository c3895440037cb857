import { types } from '@millrace/core'
import type { TypeInformation } from '@millrace/core'
import type { AnyType, DeserializationSchema, MessageDeserializer, Output } from '@millrace/core/spi'
import type { KafkaRecord } from './kafka-record.ts'
import { deserializationOf } from './message-format.ts'
import type { ReadFormat } from './message-format.ts'
import type { KafkaDeserializationSchema } from './record-deserialization.ts'

/** A record as a row. `key` and `value` are null where the record has none. */
export interface KafkaRow<K, V> {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: K | null
  readonly value: V | null
  readonly headers: readonly { readonly name: string; readonly value: Uint8Array | null }[]
}

/** Reads whole records as rows. The formats must give one value for each message. */
export function keyAndValue<K, V>(key: ReadFormat<K>, value: ReadFormat<V>): KafkaDeserializationSchema<KafkaRow<K, V>> {
  const [keys, values] = [deserializationOf(key), deserializationOf(value)]
  const type = rowType(keys.type, values.type)
  return {
    name: `${keys.name} → ${values.name}`,
    ...(type === undefined ? {} : { type }),
    open() {
      const [keyReader, valueReader] = [new SingleReader(keys), new SingleReader(values)]
      const prepare = (records: Iterable<KafkaRecord>): Promise<void> | undefined => {
        const waits = [keyReader.prepare(records, ({ key }) => key), valueReader.prepare(records, ({ value }) => value)].filter((wait) => wait !== undefined)
        return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
      }
      return {
        ...(keyReader.prepares || valueReader.prepares ? { prepare } : {}),
        deserialize(record, output) {
          const { topic, partition, offset, timestamp, key, value } = record
          output.collect({
            ...{ topic, partition, offset, timestamp },
            key: key === null ? null : keyReader.read(key),
            value: value === null ? null : valueReader.read(value),
            headers: record.headers().map(([name, bytes]) => ({ name, value: bytes === null ? null : new Uint8Array(bytes) })),
          })
        },
      }
    },
  }
}

/** Turns a deserializer that emits into one that returns; null if it emits nothing. */
class SingleReader<T> {
  readonly #messages: MessageDeserializer<T>
  readonly #output: Output<T>
  #found: T | null = null

  constructor(schema: DeserializationSchema<T>) {
    this.#messages = schema.open()
    this.#output = { collect: (value) => void (this.#found = value) }
  }

  get prepares(): boolean {
    return this.#messages.prepare !== undefined
  }

  read(bytes: Uint8Array): T | null {
    this.#found = null
    this.#messages.deserialize(bytes, this.#output)
    return this.#found
  }

  prepare(records: Iterable<KafkaRecord>, part: (record: KafkaRecord) => Uint8Array | null): Promise<void> | undefined {
    return this.#messages.prepare?.(partsOf(records, part))
  }
}

function* partsOf(records: Iterable<KafkaRecord>, part: (record: KafkaRecord) => Uint8Array | null): Iterable<Uint8Array> {
  for (const record of records) {
    const bytes = part(record)
    if (bytes !== null) yield bytes
  }
}

/** Undefined unless both sides have a type. */
function rowType(key: AnyType | undefined, value: AnyType | undefined): AnyType | undefined {
  if (key === undefined || value === undefined) return undefined
  return types.row({
    topic: types.string(),
    partition: types.int(),
    offset: types.long(),
    timestamp: types.timestamp(),
    // The values are those the formats give, which have these types.
    key: (key as TypeInformation<unknown>).nullable(),
    value: (value as TypeInformation<unknown>).nullable(),
    headers: types.list(types.row({ name: types.string(), value: types.bytes().nullable() })),
  })
}
