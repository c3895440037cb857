import type { ColumnChunk, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { ColumnCursor } from './column-cursor.ts'
import type { ParquetFile } from './open-file.ts'
import { damaged } from './parquet-error.ts'
import { PageDecoder } from './page-decoder.ts'
import type { Page } from './page-decoder.ts'
import type { Parsing } from './plain-values.ts'

/** A column without levels of its own other than null. */
export interface FlatColumn {
  readonly name: string
  /** From the root of the schema to the column. */
  readonly path: readonly SchemaTree[]
  readonly nullable: boolean
  readonly parsing: Parsing
  /** For the pages that hyparquet decodes: the element as it is to see it, and its parsers. */
  readonly annotation: SchemaElement
  readonly parsers: Partial<ParquetParsers>
}

/** Fetches the column's chunk of a row group, and stands before its first value. */
export async function openFlatColumn(file: ParquetFile, column: FlatColumn, group: number): Promise<ColumnCursor> {
  const rowGroup = file.metadata.row_groups[group]
  const chunk = rowGroup?.columns.find(({ meta_data: meta }) => meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === column.name)
  if (chunk?.meta_data === undefined) throw damaged(file.path, `expected the place of the column ${column.name} in row group ${group}`)
  const start = Number(chunk.meta_data.dictionary_page_offset || chunk.meta_data.data_page_offset)
  const bytes = await file.buffer.slice(start, start + Number(chunk.meta_data.total_compressed_size))
  return new FlatCursor(file.path, bytes, column, chunk.meta_data, Number(rowGroup?.num_rows))
}

const MAX_SKIPPED = 1000

class FlatCursor implements ColumnCursor {
  readonly #path: string
  readonly #name: string
  readonly #bytes: ArrayBuffer
  readonly #reader: { readonly view: DataView<ArrayBuffer>; offset: number }
  readonly #decoder: PageDecoder
  /** Rows that no page was found for yet. */
  #rowsLeft: number
  #page: Page | undefined
  sound = false

  constructor(path: string, bytes: ArrayBuffer, column: FlatColumn, meta: NonNullable<ColumnChunk['meta_data']>, rows: number) {
    this.#path = path
    this.#name = column.name
    this.#bytes = bytes
    this.#reader = { view: new DataView(bytes), offset: 0 }
    this.#decoder = new PageDecoder(column, meta)
    this.#rowsLeft = rows
  }

  take(count: number): ArrayLike<unknown> {
    const page = this.#current(count)
    if (page.left >= count) {
      const all = page.take(count)
      this.sound = page.sound
      return all
    }
    this.sound = false
    const values: unknown[] = []
    while (values.length < count) {
      const part = this.#current(count - values.length)
      const taken = Math.min(part.left, count - values.length)
      const found = part.take(taken)
      for (let index = 0; index < taken; index++) values.push(found[index])
    }
    return values
  }

  skip(count: number): void {
    for (let left = count; left > 0; ) {
      const part = this.#current(left)
      const skipped = Math.min(left, part.left, MAX_SKIPPED)
      part.take(skipped)
      left -= skipped
    }
  }

  /** A page with at least one value; as `count` are wanted. */
  #current(count: number): Page {
    while (this.#page === undefined || this.#page.left === 0) this.#page = this.#nextPage(count)
    return this.#page
  }

  #nextPage(count: number): Page | undefined {
    const reader = this.#reader
    if (reader.offset >= this.#bytes.byteLength - 1) throw damaged(this.#path, `expected ${count} more values of ${this.#name}, found the end of its data`)
    const header = parquetHeader(reader)
    const stored = new Uint8Array(this.#bytes, reader.offset, header.compressed_page_size)
    reader.offset += header.compressed_page_size
    if (header.type === 'DICTIONARY_PAGE') {
      this.#decoder.takeDictionary(stored, header)
      return undefined
    }
    const rows = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values
    if (rows === undefined) return undefined // an index page
    if (rows > this.#rowsLeft) throw damaged(this.#path, `expected at most ${this.#rowsLeft} more values of ${this.#name}, found a page of ${rows}`)
    this.#rowsLeft -= rows
    return this.#decoder.page(stored, header)
  }
}
