import { describeError, MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaTree } from 'hyparquet'
import { wholeColumn } from '../column-reader.ts'
import type { ColumnReader, OpenColumns } from '../column-reader.ts'
import { columnKind } from '../file-schema.ts'
import type { ParquetFile } from '../open-file.ts'
import { columnMismatch } from '../parquet-error.ts'
import { INVALID, valueParser } from '../value-parser.ts'
import type { ValueParser } from '../value-parser.ts'
import { loadParquetjs } from './parquetjs-library.ts'
import type { OpenParquetjsFile, ParquetjsColumn } from './parquetjs-library.ts'

/**
 * Decodes with parquetjs-lite, down to stored values and levels only: the values it makes of them would be wrong for some types
 * (64-bit times fail, annotated 32-bit integers become text). What it decodes wrongly itself is refused.
 */
export const openParquetjsColumns: OpenColumns = (file, root) => {
  let opened: Promise<OpenParquetjsFile> | undefined
  return async (name, type) => {
    const column = root.children.find(({ element }) => element.name === name)
    if (column === undefined) throw columnMismatch(file.path, name, `the row type needs a column ${name}, found ${root.children.map(({ element }) => element.name).join(', ')}`)
    const list = column.element.repetition_type === 'REPEATED' && column.children.length === 0
    const wanted = type.kind === 'nullable' ? type.of : type
    const parse = parserOf(file, column, list, wanted)
    const parquetjs = await (opened ??= open(file))
    return reader(file, parquetjs, name, type, (data) => (list ? lists(data, parse) : values(data, parse)))
  }
}

function parserOf(file: ParquetFile, column: SchemaTree, list: boolean, type: TypeSchema): (stored: unknown) => unknown {
  const { name, type: physical } = column.element
  if (column.children.length > 0) throw refused(file, name, 'groups (lists, maps, structs)')
  if (physical === 'INT96') throw refused(file, name, 'timestamps of 96 bits, which it decodes wrongly')
  const kind = columnKind(list ? { ...column, element: { ...column.element, repetition_type: 'REQUIRED' } } : column)
  if (kind === 'decimal') throw refused(file, name, 'decimals')
  const item = list && type.kind === 'list' ? type.of : type
  const parser = list === (type.kind === 'list') ? valueParser(kind, 0, item) : undefined
  if (parser === undefined) throw columnMismatch(file.path, name, `the column ${name} holds ${list ? `a list of ${kind}` : kind}, which cannot be read as ${type.kind}`)
  return parser === 'as-is' ? (stored) => stored : (parser as ValueParser as (stored: unknown) => unknown)
}

async function open(file: ParquetFile): Promise<OpenParquetjsFile> {
  const { ParquetEnvelopeReader, ParquetReader } = loadParquetjs()
  const read = async (offset: number, length: number): Promise<Buffer> => Buffer.from(await file.buffer.slice(offset, offset + length))
  return asOurs(file, async () => {
    const opened = await ParquetReader.openEnvelopeReader(new ParquetEnvelopeReader(read, () => {}, file.buffer.byteLength), { rawStatistics: true })
    // it would convert the statistics of pages, and fails at times
    for (const field of opened.schema.fieldList) delete field.originalType
    return opened
  })
}

function reader(file: ParquetFile, { schema, metadata, envelopeReader }: OpenParquetjsFile, name: string, type: TypeSchema, assemble: (data: ParquetjsColumn) => readonly unknown[]): ColumnReader {
  return wholeColumn(file, name, type, (group, start, end) => {
    const first = file.groupStarts[group] as number
    return asOurs(file, async () => {
      const { columnData } = await envelopeReader.readRowGroup(schema, metadata.row_groups[group], [[name]])
      const data = columnData[name]
      if (data === undefined) throw new Error(`no data of the column ${name}`)
      return assemble(data).slice(start - first, end - first)
    })
  })
}

function values({ values: stored, dlevels }: ParquetjsColumn, parse: (stored: unknown) => unknown): readonly unknown[] {
  if (stored.length === dlevels.length) return stored.map(parse)
  let next = 0
  return dlevels.map((level) => (level === 0 ? null : parse(stored[next++])))
}

function lists({ values: stored, dlevels, rlevels }: ParquetjsColumn, parse: (stored: unknown) => unknown): readonly unknown[] {
  const rows: unknown[][] = []
  let next = 0
  rlevels.forEach((level, index) => {
    if (level === 0) rows.push([])
    if (dlevels[index] !== 0) rows.at(-1)?.push(parse(stored[next++]))
  })
  return rows.map((row) => (row.includes(INVALID) ? INVALID : row))
}

/** It throws texts and TypeErrors for whatever it does not know. */
async function asOurs<R>(file: ParquetFile, body: () => Promise<R>): Promise<R> {
  try {
    return await body()
  } catch (error) {
    if (MillraceError.is(error)) throw error
    const message = `${file.path}: parquetjs-lite cannot read the file: ${describeError(error)}. It knows format version 1 with plain or run-length encoding only; read the file with parquet() of @millrace/format-parquet`
    throw new MillraceError('PARQUET_PARQUETJS', message, { origin: 'external', at: { file: file.path }, cause: error })
  }
}

function refused({ path }: ParquetFile, field: string, what: string): MillraceError {
  return new MillraceError('PARQUET_PARQUETJS', `${path}: the column ${field} holds what parquetjs-lite cannot be trusted with: ${what}. Read the file with parquet() of @millrace/format-parquet`, { origin: 'external', at: { file: path, field } })
}
