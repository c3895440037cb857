import { MillraceError } from '@millrace/core/spi'
import type { AnyType, DeserializationSchema, FileReaderFormat, FileWriterFormat, Format, FormatRange, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { fromJson } from './from-json.ts'
import { JsonLinesReader } from './json-lines-reader.ts'
import { JsonWriter, stringify } from './json-writer.ts'
import { LineDecoder } from './line-decoder.ts'
import { plainJson } from './plain-json.ts'
import { toJson } from './to-json.ts'
import type { ToJson } from './to-json.ts'

export interface JsonLinesOptions {
  /** Longer lines are bad records (JSON_RECORD_TOO_LONG). Default 8 MiB. */
  readonly maxRecordBytes?: number
}

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
 * Without a type, records are what JSON.parse gives, and any value can be written: bigint and bytes as above.
 *
 * Bad records: JSON_SYNTAX, JSON_VALUE, JSON_ENCODING, JSON_RECORD_TOO_LONG. Errors: JSON_TYPE_MISMATCH when writing,
 * JSON_UNSUPPORTED_TYPE, JSON_OPTION.
 */
export function jsonLines(type?: undefined, options?: JsonLinesOptions): JsonLinesFormat<unknown>
export function jsonLines<T>(type: TypeInformation<T>, options?: JsonLinesOptions): JsonLinesFormat<T> & { readonly type: TypeInformation<T> }
export function jsonLines<T>(type?: TypeInformation<T>, options: JsonLinesOptions = {}): JsonLinesFormat<T> {
  const { maxRecordBytes = 8 * 1024 * 1024 } = options
  if (!(Number.isSafeInteger(maxRecordBytes) && maxRecordBytes > 0)) {
    throw new MillraceError('JSON_OPTION', `jsonLines option maxRecordBytes: expected a positive whole number, found ${maxRecordBytes}`, { origin: 'user' })
  }
  if (type !== undefined) fromJson(type.schema) // reports unsupported types now, not in the task
  const named = { name: 'json-lines', ...(type === undefined ? {} : { type }) }
  const encoder = (): ToJson => (type === undefined ? plainJson : toJson(type.schema))
  return {
    ...named,
    // Values are made after the type's schema, which the compiler cannot follow.
    fileReader: { ...named, ...fileReader(type, maxRecordBytes) } as FileReaderFormat<T>,
    fileWriter: {
      name: named.name,
      extension: '.jsonl',
      appendable: true,
      open: (output) => new JsonWriter(output, encoder()),
    },
    deserialization: { ...named, open: () => messageDeserializer<T>(type) },
    serialization: {
      name: named.name,
      open() {
        const convert = encoder()
        return { serialize: (value) => Buffer.from(stringify(value, convert)) }
      },
    },
  }
}

function fileReader(type: AnyType | undefined, maxRecordBytes: number): Omit<FileReaderFormat<unknown>, 'name' | 'type'> {
  return {
    wholeFileCompression: true,
    // Any cut will do: a reader looks for the first line break itself.
    planRanges: (input, { targetBytes }) => Promise.resolve(cutEvenly(input.bytes?.size ?? 0, targetBytes)),
    open: (input, options) => new JsonLinesReader(input, options, type, maxRecordBytes),
  }
}

function cutEvenly(size: number, targetBytes: number): readonly FormatRange[] {
  const count = Math.max(1, Math.round(size / targetBytes))
  const cut = (i: number): number => Math.floor((size / count) * i)
  return Array.from({ length: count }, (_, i) => ({ start: cut(i), end: i === count - 1 ? size : cut(i + 1) }))
}

/** A message is one JSON value, which may have line breaks in it. */
function messageDeserializer<T>(type: TypeInformation<T> | undefined): ReturnType<DeserializationSchema<T>['open']> {
  const decoder = new LineDecoder(type)
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  return {
    deserialize(bytes, output) {
      let text: string
      try {
        text = utf8.decode(bytes)
      } catch (cause) {
        throw new MillraceError('JSON_ENCODING', 'The message is not UTF-8', { origin: 'external', cause })
      }
      const value = decoder.decodeText(text)
      if (value !== undefined) output.collect(value as T)
      else if (decoder.failure !== undefined) {
        const { code, reason, field } = decoder.failure
        throw new MillraceError(code, reason, { origin: 'external', at: field === null ? {} : { field } })
      }
    },
  }
}
