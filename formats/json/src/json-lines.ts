import type { DeserializationSchema, FileReaderFormat, FileWriterFormat, Format, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { resolveOptions } from './json-options.ts'
import type { JsonLinesOptions } from './json-options.ts'
import { JsonWriter, stringify } from './json-writer.ts'
import { decodingOf } from './line-decoder.ts'
import { linesFileReader } from './lines-file-reader.ts'
import { messageDeserializer } from './message-deserializer.ts'
import { plainJson } from './plain-json.ts'
import { toJson } from './to-json.ts'
import type { ToJson } from './to-json.ts'

/** Everything a connector can ask a format for. */
export interface JsonLinesFormat<T> extends Format<T> {
  readonly fileReader: FileReaderFormat<T>
  readonly fileWriter: FileWriterFormat<T>
  readonly deserialization: DeserializationSchema<T>
  readonly serialization: SerializationSchema<T>
}

/**
 * JSON lines: one JSON value a line, in UTF-8 (jsonlines.org). Blank lines are passed over.
 *
 * With a type, values are checked and converted: a missing member is null where the type is nullable and otherwise makes a bad
 * record; other members are left out. Timestamps are read as epoch milliseconds or ISO 8601 text (UTC where no zone is given)
 * and written as ISO 8601; dates and times likewise; bytes are base64, decimals text or numbers, bigints numbers with all their
 * digits; NaN and the infinities text.
 *
 * Without a type, records are what JSON.parse gives, except for integers that it would round (see `largeIntegers`), and any
 * value can be written: bigint and bytes as above.
 *
 * Bad records: JSON_SYNTAX, JSON_VALUE, JSON_ENCODING, JSON_RECORD_TOO_LONG. Errors: JSON_TYPE_MISMATCH when writing,
 * JSON_UNSUPPORTED_TYPE, JSON_OPTION.
 */
export function jsonLines(type?: undefined, options?: JsonLinesOptions): JsonLinesFormat<unknown>
export function jsonLines<T>(type: TypeInformation<T>, options?: JsonLinesOptions): JsonLinesFormat<T> & { readonly type: TypeInformation<T> }
export function jsonLines<T>(type?: TypeInformation<T>, options: JsonLinesOptions = {}): JsonLinesFormat<T> {
  const { maxRecordBytes, largeIntegers } = resolveOptions('jsonLines', options)
  const decoding = decodingOf(type, largeIntegers) // reports unsupported types now, not in the task
  const named = { name: 'json-lines', ...(type === undefined ? {} : { type }) }
  const encoder = (): ToJson => (type === undefined ? plainJson : toJson(type.schema))
  return {
    ...named,
    // Values are made after the type's schema, which the compiler cannot follow.
    fileReader: { ...named, ...linesFileReader(decoding, maxRecordBytes) } as FileReaderFormat<T>,
    fileWriter: {
      name: named.name,
      extension: '.jsonl',
      appendable: true,
      open: (output) => new JsonWriter(output, encoder()),
    },
    deserialization: { ...named, open: () => messageDeserializer<T>(decoding) },
    serialization: {
      name: named.name,
      open() {
        const convert = encoder()
        return { serialize: (value) => Buffer.from(stringify(value, convert)) }
      },
    },
  }
}
