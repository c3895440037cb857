import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaElement, SchemaTree } from 'hyparquet'
import { arrayCursor } from './column-cursor.ts'
import type { ColumnCursor } from './column-cursor.ts'
import { decompressors } from './decompressors.ts'
import { elementHook } from './element-hook.ts'
import { columnKind } from './file-schema.ts'
import { openFlatColumn } from './flat-column.ts'
import { NestedReader } from './nested-reader.ts'
import { isNested, isVariant, naturalType } from './nested-shape.ts'
import type { ParquetFile } from './open-file.ts'
import { columnMismatch, damaged } from './parquet-error.ts'
import { isSafe, valueParser } from './value-parser.ts'

/** One column of the row type in one file. */
export interface ColumnReader {
  readonly name: string
  readonly type: TypeSchema
  /** The values of the rows [start, end), which lie in the row group `group`. */
  open(group: number, start: number, end: number): Promise<ColumnCursor>
}

/** How the columns of a file are read: called once per file, then once per column. */
export type OpenColumns = (file: ParquetFile, root: SchemaTree) => (name: string, type: TypeSchema) => Promise<ColumnReader>

/** Decodes columns batch by batch. */
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
  const flat = { path: [root, column], parsing: { parse: parser, safeIntegers: isSafe(kind, wanted) }, ...elementHook(column.element, kind, parser) }
  return {
    name,
    type,
    async open(group, start) {
      const cursor = await openFlatColumn(file, flat, group)
      cursor.skip(start - (file.groupStarts[group] as number))
      return cursor
    },
  }
}

async function nestedReader(file: ParquetFile, root: SchemaTree, column: SchemaTree, name: string, type: TypeSchema): Promise<ColumnReader> {
  const wanted = type.kind === 'nullable' ? type.of : type
  if (wanted.kind === 'generic' && isVariant(column)) {
    const { parquetScan } = await import('hyparquet')
    const scan = await parquetScan({ file: file.buffer, metadata: file.metadata, columns: [name], compressors: decompressors, utf8: true, geoparquet: false, useOffsetIndex: false })
    return wholeColumn(file, name, type, (_group, start, end) => scan.readColumn({ column: name, rowStart: start, rowEnd: end }))
  }
  const reader = new NestedReader(file, root, column, wanted.kind === 'generic' ? naturalType(column) : type)
  return { name, type, open: (group, start) => reader.open(group, start) }
}

/** A column of which all values are decoded at once. */
export function wholeColumn(file: ParquetFile, name: string, type: TypeSchema, read: (group: number, start: number, end: number) => Promise<ArrayLike<unknown>>): ColumnReader {
  return {
    name,
    type,
    async open(group, start, end) {
      const values = await read(group, start, end)
      if (values.length !== end - start) throw damaged(file.path, `expected ${end - start} values of ${name} from row ${start} on, found ${values.length}`)
      return arrayCursor(values)
    },
  }
}

function describe({ type, type_length: length }: SchemaElement, kind: string): string {
  return type === undefined ? kind : `${kind} (${type}${length === undefined ? '' : `, ${length} bytes`})`
}
