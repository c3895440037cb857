import { describeError, MillraceError } from '@millrace/core/spi'
import type { ByteOutput, FileRecordWriter, TypeSchema } from '@millrace/core/spi'
import type { RowField } from '../parquet-reader.ts'
import { valueEncoder } from '../value-encoder.ts'
import type { ValueEncoder } from '../value-encoder.ts'
import { loadParquetjs } from './parquetjs-library.ts'
import type { EnvelopeWriter, ParquetjsField, ParquetjsLibrary } from './parquetjs-library.ts'

export interface ParquetjsWriteOptions {
  /** Of all pages. Default: `snappy`. */
  readonly codec?: 'uncompressed' | 'snappy' | 'gzip'
  /** Rows of a row group, which is held in memory until it is written. Default: 10 000. */
  readonly rowGroupRows?: number
  /** Written into the footer. */
  readonly metadata?: Readonly<Record<string, string>>
}

export interface ParquetjsColumnPlan {
  readonly name: string
  readonly field: Omit<ParquetjsField, 'compression'>
  readonly encode: ValueEncoder
}

/** Throws PARQUET_UNSUPPORTED_TYPE for what parquetjs-lite would write wrongly or not at all. */
export function planColumn({ name, type }: RowField): ParquetjsColumnPlan {
  const optional = type.kind === 'nullable'
  const of = optional ? type.of : type
  const encode = guardedEncoder(of, name)
  if (of.kind === 'list') {
    if (optional || of.of.kind === 'nullable' || of.of.kind === 'list') throw refused(name, 'lists that are null, or hold nulls or lists')
    const item = guardedEncoder(of.of, name)
    return { name, field: { type: typeName(of.of, name), repeated: true, statistics: false }, encode: (value) => (Array.isArray(value) ? value.map(item) : encode(value)) }
  }
  // the statistics that it writes of times are such that it cannot open the file again
  return { name, field: { type: typeName(of, name), optional, statistics: false }, encode: (value) => (optional && value === null ? null : encode(value)) }
}

function typeName(type: TypeSchema, name: string): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN'
    case 'int':
      return 'INT32'
    case 'long':
    case 'bigint':
      return 'INT64'
    case 'float':
      return 'FLOAT'
    case 'double':
      return 'DOUBLE'
    case 'string':
    case 'enum':
      return 'UTF8'
    case 'bytes':
      return 'BYTE_ARRAY'
    case 'json':
      return 'JSON'
    case 'timestamp':
      return 'TIMESTAMP_MILLIS'
    case 'date':
      return 'DATE'
    case 'time':
      return 'TIME_MILLIS'
    case 'decimal':
      throw refused(name, 'decimals, which it does not know')
    default:
      throw refused(name, `the type ${type.kind}`)
  }
}

/** On top of what the type allows: what parquetjs-lite would round, refuse in the middle of a row group, or write as something else. */
function guardedEncoder(type: TypeSchema, name: string): ValueEncoder {
  const encode = valueEncoder(type, name)
  switch (type.kind) {
    case 'bigint':
      return (value) => {
        const number = Number(encode(value))
        if (!Number.isSafeInteger(number)) throw refusedValue(name, `the integer ${String(value)}: it rounds 64-bit integers beyond ±(2^53 − 1)`)
        return number
      }
    case 'float':
    case 'double':
      return (value) => {
        if (Number.isNaN(encode(value))) throw refusedValue(name, 'NaN')
        return value
      }
    case 'timestamp':
    case 'date':
      return (value) => {
        if ((encode(value) as number) < 0) throw refusedValue(name, 'a time before 1970')
        return value
      }
    case 'bytes':
      return (value) => Buffer.from(encode(value) as Uint8Array)
    case 'json':
      return (value) => {
        encode(value)
        // it takes null for a missing value and an array for a repeated one
        if (value === null || Array.isArray(value)) throw refusedValue(name, 'a JSON value that is null or an array')
        return value
      }
    default:
      return encode
  }
}

/**
 * Appends rows through parquetjs-lite. Its own end of a row group is asynchronous and would lose rows that come meanwhile, so that
 * is done here: it encodes a page when it appends a row, so the last row of a group is kept back until the group is written.
 */
export class ParquetjsWriter implements FileRecordWriter<unknown> {
  readonly #columns: readonly ParquetjsColumnPlan[]
  readonly #rowGroupRows: number
  readonly #metadata: Readonly<Record<string, string>>
  readonly #envelope: EnvelopeWriter
  readonly #writer: InstanceType<ParquetjsLibrary['ParquetWriter']>
  #last: object | undefined
  #rows = 0
  #failure: MillraceError | undefined

  constructor(output: ByteOutput, columns: readonly ParquetjsColumnPlan[], options: Required<ParquetjsWriteOptions>) {
    this.#columns = columns
    this.#rowGroupRows = options.rowGroupRows
    this.#metadata = options.metadata
    const { ParquetSchema, ParquetEnvelopeWriter, ParquetWriter } = loadParquetjs()
    const schema = new ParquetSchema(Object.fromEntries(columns.map(({ name, field }) => [name, { ...field, compression: options.codec.toUpperCase() }])))
    this.#envelope = new ParquetEnvelopeWriter(schema, (bytes) => output.write(new Uint8Array(bytes)), () => {}, 0, { pageSize: Number.POSITIVE_INFINITY, useDataPageV2: false })
    this.#writer = new ParquetWriter(schema, this.#envelope, { rowGroupSize: Number.POSITIVE_INFINITY })
  }

  write(value: unknown): void {
    if (this.#failure !== undefined) throw this.#failure
    if (typeof value !== 'object' || value === null) {
      throw new MillraceError('PARQUET_TYPE_MISMATCH', `Cannot write a record as Parquet: expected an object, found ${value === null ? 'null' : typeof value}. Make the record fit its type`, { origin: 'user' })
    }
    const row = Object.fromEntries(this.#columns.map(({ name, encode }) => [name, encode((value as Readonly<Record<string, unknown>>)[name])]))
    if (this.#last !== undefined) this.#append(this.#last)
    this.#last = row
    this.#rows++
    if (this.#rows >= this.#rowGroupRows) this.#writeGroup(row)
  }

  /** Only a finished file is of use, and a small row group would be a bad one. */
  flush(): void {}

  async finish(): Promise<void> {
    if (this.#last !== undefined) this.#writeGroup(this.#last)
    await this.#envelope.writeIndex()
    this.#envelope.writeFooter(this.#metadata)
    if (this.#failure !== undefined) throw this.#failure
  }

  #writeGroup(last: object): void {
    this.#envelope.setPageSize(1)
    this.#append(last)
    this.#envelope.setPageSize(Number.POSITIVE_INFINITY)
    this.#envelope.writeRowGroup(this.#writer.rowBuffer)
    this.#writer.rowBuffer = {}
    this.#last = undefined
    this.#rows = 0
  }

  /** Done when it returns; only its failure comes as a promise. */
  #append(row: object): void {
    this.#writer.appendRow(row).catch((error: unknown) => {
      this.#failure ??= new MillraceError('PARQUET_PARQUETJS', `parquetjs-lite cannot write a row: ${describeError(error)}. Write the file with parquet() of @millrace/format-parquet`, { origin: 'external', cause: error })
    })
  }
}

function refused(field: string, what: string): MillraceError {
  return new MillraceError('PARQUET_UNSUPPORTED_TYPE', `parquetjs-lite cannot be trusted to write ${what} (column ${field}). Use another type, or write with parquet() of @millrace/format-parquet`, { origin: 'user', at: { field } })
}

function refusedValue(field: string, what: string): MillraceError {
  return new MillraceError('PARQUET_TYPE_MISMATCH', `parquetjs-lite cannot be trusted to write ${what} (column ${field}). Write with parquet() of @millrace/format-parquet`, { origin: 'user', at: { field } })
}
