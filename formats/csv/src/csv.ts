import { MillraceError, validationOf } from '@millrace/core/spi'
import type { AnyType, DeserializationSchema, FileReaderFormat, FileWriterFormat, Format, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { compilingOnce } from './compiled-rows.ts'
import { resolveOptions } from './csv-options.ts'
import type { CsvDialect, CsvOptions } from './csv-options.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvWriter } from './csv-writer.ts'
import { encodeText } from './encode-text.ts'
import { messageDeserializer } from './message-deserializer.ts'
import { fieldDecoder } from './field-decoder.ts'
import { cutEvenly, cutOutsideQuotes } from './plan-ranges.ts'
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

/** A reader of whatever columns there are. */
export interface CsvTextFormat extends Format<Readonly<Record<string, string>>> {
  readonly fileReader: FileReaderFormat<Readonly<Record<string, string>>>
}

/**
 * Comma-separated values (RFC 4180) as typed rows: the row type says which columns are read and as what.
 *
 * Read: LF, CRLF and CR, a byte order mark, quotes with `""`, spaces around numbers, timestamps in ISO 8601 (UTC where no zone
 * is given) or epoch milliseconds, booleans as `true false 1 0`, bytes as base64. Blank lines are passed over, unless there is
 * just one column. Records that do not fit are bad records: CSV_COLUMN_COUNT, CSV_VALUE, CSV_QUOTE, CSV_ENCODING,
 * CSV_RECORD_TOO_LONG. Without a type, rows have all columns of the file, as texts (header or `columns` must name them). Errors: CSV_COLUMNS if the header lacks a column, CSV_UNSUPPORTED_TYPE, CSV_OPTION.
 */
export function csv(type?: undefined, options?: CsvOptions): CsvTextFormat
export function csv<T extends object>(type: TypeInformation<T>, options?: CsvOptions): CsvFormat<T>
export function csv<T extends object>(type?: TypeInformation<T>, options: CsvOptions = {}): CsvFormat<T> | CsvTextFormat {
  const dialect = resolveOptions(options)
  if (type === undefined) return textFormat(dialect)
  const validate = validationOf(type)
  // A validator that does not tell the structure judges the texts.
  if (validate !== undefined && type.schema.kind === 'generic') return { ...textFormat(dialect, type), type } as unknown as CsvFormat<T>
  const fields = rowFields(type)
  for (const field of fields) fieldDecoder(field.type, dialect, field.name) // reports unsupported types now, not in the task
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
        return new CsvWriter(output, encoder, dialect, continued)
      },
    },
    deserialization: { name, type, open: () => messageDeserializer<T>(fields, dialect, validate) },
    serialization: {
      name,
      open() {
        const encoder = new RowEncoder(fields, { ...dialect, lineTerminator: '' })
        return { serialize: (value: T) => encodeText(encoder.encode(value), dialect) }
      },
    },
  }
}

function textFormat(dialect: CsvDialect, type?: AnyType): CsvTextFormat {
  if (dialect.header !== true && dialect.columns === undefined) {
    throw new MillraceError('CSV_OPTION', 'csv option columns: expected the names of the columns, as there is neither a row type nor a header to take them from', { origin: 'user' })
  }
  return { name: 'csv', fileReader: fileReader(type, undefined, dialect) as FileReaderFormat<Readonly<Record<string, string>>> }
}

function fileReader(type: AnyType | undefined, fields: readonly RowField[] | undefined, dialect: CsvDialect): FileReaderFormat<unknown> {
  const compile = compilingOnce()
  const reader: FileReaderFormat<unknown> = {
    name: 'csv',
    ...(type === undefined ? {} : { type }),
    wholeFileCompression: true,
    open: (input, options) => new CsvReader(input, options, fields, dialect, compile, validationOf(type)),
  }
  const { encoding, embeddedNewlines, quoteByte, escapeByte, commentByte, delimiter } = dialect
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return reader
  if (!embeddedNewlines || quoteByte < 0) {
    return { ...reader, planRanges: (input, { targetBytes }) => Promise.resolve(cutEvenly(input.bytes?.size ?? 0, targetBytes)) }
  }
  const followable = quoteByte === escapeByte && commentByte < 0 && /^[\0-\x7F]$/.test(delimiter)
  return followable ? { ...reader, planRanges: (input, { targetBytes, signal }) => cutOutsideQuotes(input, dialect, targetBytes, signal) } : reader
}
