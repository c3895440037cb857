import { MillraceError } from '@millrace/core/spi'
import type { AnyType, TypeSchema } from '@millrace/core/spi'
import { scannedEncoding } from './csv-options.ts'
import type { CsvDialect } from './csv-options.ts'
import { fieldDecoder, INVALID } from './field-decoder.ts'
import type { FieldDecoder } from './field-decoder.ts'
import type { RecordScanner } from './record-scanner.ts'
import { rowFactory } from './row-factory.ts'
import type { RowFactory } from './row-factory.ts'

export type RowField = Extract<TypeSchema, { kind: 'row' }>['fields'][number]

/** The fields of a row type. Throws CSV_UNSUPPORTED_TYPE for any other type. */
export function rowFields(type: AnyType): readonly RowField[] {
  if (type.schema.kind === 'row') return type.schema.fields
  throw new MillraceError('CSV_UNSUPPORTED_TYPE', `csv(type): expected a row type, found ${type.schema.kind}. Write types.row({ … })`, { origin: 'user' })
}

/** All columns as texts. */
export function textFields(columns: readonly string[]): readonly RowField[] {
  return columns.map((name) => ({ name, type: { kind: 'string' } }))
}

/** Turns scanned records into rows. Columns that the row type lacks are never decoded. */
export class RowDecoder {
  /** The names of the file's columns in order; every record has a field for each. */
  readonly columns: readonly string[]
  /** After a failed `decode`: what was wrong with which field. */
  failure: { readonly field: string | null; readonly reason: string } | undefined
  readonly fields: readonly RowField[]
  readonly #columns: Int32Array
  readonly #decoders: readonly FieldDecoder[]
  readonly #values: unknown[]
  readonly #make: RowFactory
  readonly #validate: ((row: unknown) => unknown) | undefined
  readonly #encoding: 'utf8' | 'latin1'

  /** @param columns the names of the file's columns in order. */
  constructor(fields: readonly RowField[], columns: readonly string[], dialect: CsvDialect, path: string, validate?: (row: unknown) => unknown) {
    this.#validate = validate
    this.columns = columns
    this.fields = fields
    this.#columns = Int32Array.from(fields, ({ name }) => columnIndex(name, columns, path))
    this.#decoders = fields.map(({ name, type }) => fieldDecoder(type, dialect, name))
    this.#values = fields.map(() => null)
    this.#encoding = scannedEncoding(dialect)
    this.#make = rowFactory(fields.map(({ name }) => name))
  }

  /** The row, or undefined with `failure` set. Fields that the record lacks are null. */
  decode(record: RecordScanner, bytes: Buffer): unknown {
    const decoders = this.#decoders
    const values = this.#values
    for (let i = 0; i < decoders.length; i++) {
      const column = this.#columns[i] as number
      if (column >= record.count && this.fields[i]?.type.kind === 'nullable') {
        values[i] = null
        continue
      }
      const start = column < record.count ? (record.starts[column] as number) : record.next
      const end = column < record.count ? (record.ends[column] as number) : start
      const value = (decoders[i] as FieldDecoder)(bytes, start, end, record.kinds[column] as number)
      if (value === INVALID || column >= record.count) {
        this.#fail(i, bytes, start, end)
        return undefined
      }
      values[i] = value
    }
    const row = this.#make(values)
    return this.#validate === undefined ? row : this.#validated(row, this.#validate)
  }

  #validated(row: unknown, validate: (row: unknown) => unknown): unknown {
    try {
      return validate(row)
    } catch (error) {
      if (!MillraceError.is(error) || error.code !== 'CORE_VALIDATION_FAILED') throw error
      this.failure = { field: error.at.field ?? null, reason: error.message }
      return undefined
    }
  }

  #fail(index: number, bytes: Buffer, start: number, end: number): void {
    const { name, type } = this.fields[index] as RowField
    const shown = end - start > 60 ? `${bytes.toString(this.#encoding, start, start + 60)}…` : bytes.toString(this.#encoding, start, end)
    this.failure = { field: name, reason: `Field ${name}: expected ${expectation(type)}, found ${start === end ? 'nothing' : JSON.stringify(shown)}` }
  }
}

function columnIndex(name: string, columns: readonly string[], path: string): number {
  const index = columns.indexOf(name)
  if (index >= 0 && !columns.includes(name, index + 1)) return index
  const found = index < 0 ? `no column ${name}` : `the column ${name} more than once`
  throw new MillraceError(
    'CSV_COLUMNS',
    `${path}: the row type needs a column ${name}, found ${found} among ${columns.map((each) => JSON.stringify(each)).join(', ')}. ` +
      'Correct the row type or the file; for files without a header set header: false',
    { origin: 'external', at: { file: path, field: name } },
  )
}

function expectation(type: TypeSchema): string {
  switch (type.kind) {
    case 'nullable':
      return `${expectation(type.of)}, or null`
    case 'int':
      return 'a whole number of 32 bits'
    case 'long':
      return 'a whole number within ±(2^53 − 1) (types.bigint() takes larger ones)'
    case 'float':
    case 'double':
      return 'a number'
    case 'decimal':
      return `a decimal number of at most ${type.precision} digits, ${type.scale} of them after the point`
    case 'enum':
      return `one of ${type.values.join(', ')}`
    case 'timestamp':
      return 'a timestamp such as 2001-01-31T12:00:00Z, or epoch milliseconds'
    case 'date':
      return 'a date such as 2001-01-31'
    case 'time':
      return 'a time such as 12:00:00'
    case 'boolean':
      return 'true or false'
    case 'bytes':
      return 'base64'
    default:
      return `a ${type.kind}`
  }
}
