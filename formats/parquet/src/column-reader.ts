import type { TypeSchema } from '@millrace/core/spi'
import type { FileMetaData, ParquetParsers, ParquetScan, SchemaElement, SchemaTree } from 'hyparquet'
import { decompressors } from './decompressors.ts'
import { elementHook } from './element-hook.ts'
import { columnKind } from './file-schema.ts'
import { NestedReader } from './nested-reader.ts'
import { isNested, isVariant, naturalType } from './nested-shape.ts'
import type { ParquetFile } from './open-file.ts'
import { columnMismatch } from './parquet-error.ts'
import { valueParser } from './value-parser.ts'

/** One column of the row type in one file. */
export interface ColumnReader {
  readonly name: string
  readonly type: TypeSchema
  /** All values of the rows [start, end), which lie in the row group `group`; null or undefined for null, INVALID for what does not fit the type. */
  read(group: number, start: number, end: number): Promise<ArrayLike<unknown>>
}

/** How the columns of a file are read: called once per file, then once per column. */
export type OpenColumns = (file: ParquetFile, root: SchemaTree) => (name: string, type: TypeSchema) => Promise<ColumnReader>

/** Decodes with hyparquet. */
export const openColumns: OpenColumns = (file, root) => (name, type) => columnReader(file, root, name, type)

/** A row type's column that the file has not, or not with a type that fits, throws PARQUET_COLUMNS. */
async function columnReader(file: ParquetFile, root: SchemaTree, name: string, type: TypeSchema): Promise<ColumnReader> {
  const column = root.children.find(({ element }) => element.name === name)
  if (column === undefined) {
    throw columnMismatch(file.path, name, `the row type needs a column ${name}, found ${root.children.map(({ element }) => element.name).join(', ')}`)
  }
  const wanted = type.kind === 'nullable' ? type.of : type
  if (isNested(column)) return nestedReader(file, root, column, name, type)
  const kind = columnKind(column)
  const parser = valueParser(kind, column.element.scale ?? 0, wanted)
  if (parser === undefined) throw columnMismatch(file.path, name, `the column ${name} holds ${describe(column.element, kind)}, which cannot be read as ${wanted.kind}`)
  const { annotation, parsers } = elementHook(column.element, kind, parser)
  const metadata = { ...file.metadata, schema: file.metadata.schema.map((each) => (each === column.element ? annotation : each)) }
  const scan = await scanOf(file, name, metadata, parsers)
  return { name, type, read: (_group, start, end) => scan.readColumn({ column: name, rowStart: start, rowEnd: end }) }
}

async function nestedReader(file: ParquetFile, root: SchemaTree, column: SchemaTree, name: string, type: TypeSchema): Promise<ColumnReader> {
  const wanted = type.kind === 'nullable' ? type.of : type
  if (wanted.kind === 'generic' && isVariant(column)) {
    const scan = await scanOf(file, name, file.metadata, {})
    return { name, type, read: (_group, start, end) => scan.readColumn({ column: name, rowStart: start, rowEnd: end }) }
  }
  const reader = new NestedReader(file, root, column, wanted.kind === 'generic' ? naturalType(column) : type)
  return { name, type, read: (group, start, end) => reader.read(group, start, end) }
}

/** A scan per column, as its parsers are for that column alone. */
async function scanOf(file: ParquetFile, name: string, metadata: FileMetaData, parsers: Partial<ParquetParsers>): Promise<ParquetScan> {
  const { parquetScan } = await import('hyparquet')
  const plain = metadata === file.metadata
  return parquetScan({ file: file.buffer, metadata, columns: [name], compressors: decompressors, parsers, utf8: plain, geoparquet: false, useOffsetIndex: false })
}

function describe({ type, type_length: length }: SchemaElement, kind: string): string {
  return type === undefined ? kind : `${kind} (${type}${length === undefined ? '' : `, ${length} bytes`})`
}
