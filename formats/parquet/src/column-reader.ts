import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import type { FileMetaData, ParquetParsers, ParquetScan, SchemaElement, SchemaTree } from 'hyparquet'
import { decompressors } from './decompressors.ts'
import { columnKind } from './file-schema.ts'
import { nestedValue } from './nested-value.ts'
import type { ParquetFile } from './open-file.ts'
import { valueParser } from './value-parser.ts'
import type { ValueParser } from './value-parser.ts'

/** One column of the row type in one file. */
export interface ColumnReader {
  readonly name: string
  readonly type: TypeSchema
  /** All values of the rows [start, end), which lie in one row group; null or undefined for null, INVALID for what does not fit the type. */
  read(start: number, end: number): Promise<ArrayLike<unknown>>
}

/** A row type's column that the file has not, or not with a type that fits, throws PARQUET_COLUMNS. */
export async function columnReader(file: ParquetFile, columns: readonly SchemaTree[], name: string, type: TypeSchema): Promise<ColumnReader> {
  const column = columns.find(({ element }) => element.name === name)
  if (column === undefined) {
    throw mismatch(file.path, name, `the row type needs a column ${name}, found ${columns.map(({ element }) => element.name).join(', ')}`)
  }
  const kind = columnKind(column)
  const wanted = type.kind === 'nullable' ? type.of : type
  if (kind === 'nested') return nestedReader(file, name, type, wanted)
  const parser = valueParser(kind, column.element.scale ?? 0, wanted)
  if (parser === undefined) throw mismatch(file.path, name, `the column ${name} holds ${describe(column.element, kind)}, which cannot be read as ${wanted.kind}`)
  const hook = parser === 'as-is' ? unannotated(kind === 'float16') : hookFor(column.element, parser)
  const scan = await scanOf(file, name, withElement(file.metadata, column.element, hook.annotation), hook.parsers)
  return { name, type, read: (start, end) => scan.readColumn({ column: name, rowStart: start, rowEnd: end }) }
}

interface Hook {
  readonly annotation: Pick<SchemaElement, 'converted_type' | 'logical_type'>
  readonly parsers: Partial<ParquetParsers>
}

function unannotated(float16: boolean): Hook {
  return { annotation: float16 ? { logical_type: { type: 'FLOAT16' } } : {}, parsers: {} }
}

/**
 * Has the decoder call `parser` for every stored value, once per dictionary entry where there is a dictionary: the column is
 * decoded as if it had the annotation that the decoder has a custom parser for.
 */
function hookFor({ type }: SchemaElement, parser: ValueParser): Hook {
  const parse = parser as (stored: unknown) => unknown
  switch (type) {
    case 'INT32':
      return { annotation: { converted_type: 'DATE' }, parsers: { dateFromDays: parse } }
    case 'INT64':
      return { annotation: { logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } }, parsers: { timestampFromMilliseconds: parse } }
    case 'INT96':
      return { annotation: {}, parsers: { timestampFromNanoseconds: parse } }
    default:
      return { annotation: { logical_type: { type: 'UUID' } }, parsers: { uuidFromBytes: parse } }
  }
}

function withElement(metadata: FileMetaData, element: SchemaElement, annotation: Hook['annotation']): FileMetaData {
  const bare = { ...element }
  delete bare.converted_type
  delete bare.logical_type
  return { ...metadata, schema: metadata.schema.map((each) => (each === element ? { ...bare, ...annotation } : each)) }
}

async function nestedReader(file: ParquetFile, name: string, type: TypeSchema, wanted: TypeSchema): Promise<ColumnReader> {
  if (!['list', 'map', 'row', 'json', 'generic'].includes(wanted.kind)) {
    throw mismatch(file.path, name, `the column ${name} holds a list, map or struct, which cannot be read as ${wanted.kind}`)
  }
  const scan = await scanOf(file, name, file.metadata, {
    timestampFromMilliseconds: Number,
    timestampFromMicroseconds: (micros) => Math.floor(Number(micros) / 1000),
    timestampFromNanoseconds: (nanos) => Number(nanos / 1_000_000n),
    dateFromDays: (days) => days,
  })
  return {
    name,
    type,
    async read(start, end) {
      const values = await scan.readColumn({ column: name, rowStart: start, rowEnd: end })
      return Array.from(values as ArrayLike<unknown>, (value) => (value === null || value === undefined ? null : nestedValue(wanted, value)))
    },
  }
}

/** A scan per column, as its parsers are for that column alone. */
async function scanOf(file: ParquetFile, name: string, metadata: FileMetaData, parsers: Partial<ParquetParsers>): Promise<ParquetScan> {
  const { parquetScan } = await import('hyparquet')
  const nested = metadata === file.metadata
  return parquetScan({ file: file.buffer, metadata, columns: [name], compressors: decompressors, parsers, utf8: nested, geoparquet: false, useOffsetIndex: false })
}

function describe({ type, type_length: length }: SchemaElement, kind: string): string {
  return type === undefined ? kind : `${kind} (${type}${length === undefined ? '' : `, ${length} bytes`})`
}

function mismatch(path: string, field: string, what: string): MillraceError {
  return new MillraceError('PARQUET_COLUMNS', `${path}: ${what}. Correct the row type, or convert the file`, { origin: 'external', at: { file: path, field } })
}
