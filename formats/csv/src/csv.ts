import { MillraceError } from '@millrace/core/spi'
import type { AnyType, DeserializationSchema, FileReaderFormat, FileWriterFormat, Format, FormatRange, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { resolveOptions } from './csv-options.ts'
import type { CsvDialect, CsvOptions } from './csv-options.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvWriter } from './csv-writer.ts'
import { messageDeserializer } from './message-deserializer.ts'
import { fieldDecoder } from './field-decoder.ts'
import { rowFields } from './row-decoder.ts'
import type { RowField } from './row-decoder.ts'
import { RowEncoder } from './row-encoder.ts'

/** Everything a connector can ask a format for. */
export interface CsvFormat<T> extends Format<T> {
  readonly type: TypeInformation<T>
  readonly fileReader: FileReaderFormat<T>
  readonly fileWriter: FileWriterFormat<T>
  readonly deserialization: DeserializationSchema<T>
  readonly serialization: SerializationSchema<T>
}

/**
 * Comma-separated values (RFC 4180) as typed rows: the row type says which columns are read and as what.
 *
 * Read: LF, CRLF and CR, a byte order mark, quotes with `""`, spaces around numbers, timestamps in ISO 8601 (UTC where no zone
 * is given) or epoch milliseconds, booleans as `true false 1 0`, bytes as base64. Blank lines are passed over, unless there is
 * just one column. Records that do not fit are bad records: CSV_COLUMN_COUNT, CSV_VALUE, CSV_QUOTE, CSV_ENCODING,
 * CSV_RECORD_TOO_LONG. Errors: CSV_COLUMNS if the header lacks a column, CSV_UNSUPPORTED_TYPE, CSV_OPTION.
 */
export function csv<T extends object>(type: TypeInformation<T>, options: CsvOptions = {}): CsvFormat<T> {
  const dialect = resolveOptions(options)
  const fields = rowFields(type)
  for (const field of fields) fieldDecoder(field.type, dialect.nullTokens, field.name) // reports unsupported types now, not in the task
  const missing = dialect.columns && fields.find(({ name }) => !dialect.columns?.includes(name))
  if (missing) {
    throw new MillraceError('CSV_COLUMNS', `csv option columns: expected all fields of the row type in it, ${missing.name} is missing`, {
      origin: 'user',
      at: { field: missing.name },
    })
  }
  const name = 'csv'
  return {
    name,
    type,
    // The rows are made field by field after the type's schema, which the compiler cannot follow.
    fileReader: fileReader(type, fields, dialect) as FileReaderFormat<T>,
    fileWriter: {
      name,
      extension: '.csv',
      appendable: true,
      open(output, { continued }) {
        const encoder = new RowEncoder(fields, dialect)
        return new CsvWriter(output, encoder, dialect.header && !continued ? encoder.header() : '')
      },
    },
    deserialization: { name, type, open: () => messageDeserializer<T>(fields, dialect) },
    serialization: {
      name,
      open() {
        const encoder = new RowEncoder(fields, { ...dialect, lineTerminator: '' })
        return { serialize: (value) => Buffer.from(encoder.encode(value)) }
      },
    },
  }
}

function fileReader(type: AnyType, fields: readonly RowField[], dialect: CsvDialect): FileReaderFormat<unknown> {
  const reader: FileReaderFormat<unknown> = {
    name: 'csv',
    type,
    wholeFileCompression: true,
    open: (input, options) => new CsvReader(input, options, fields, dialect),
  }
  if (dialect.embeddedNewlines) return reader
  return {
    ...reader,
    // Any cut will do: a reader looks for the first line break itself.
    planRanges: (input, { targetBytes }) => Promise.resolve(cutEvenly(input.bytes?.size ?? 0, targetBytes)),
  }
}

function cutEvenly(size: number, targetBytes: number): readonly FormatRange[] {
  const count = Math.max(1, Math.round(size / targetBytes))
  const cut = (i: number): number => Math.floor((size / count) * i)
  return Array.from({ length: count }, (_, i) => ({ start: cut(i), end: i === count - 1 ? size : cut(i + 1) }))
}
