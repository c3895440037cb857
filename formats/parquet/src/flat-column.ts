import type { ColumnChunk } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { ColumnCursor } from './column-cursor.ts'
import type { ParquetFile } from './open-file.ts'
import { damaged } from './parquet-error.ts'
import { PageDecoder } from './page-decoder.ts'
import type { LeafColumn, Page } from './page-decoder.ts'
import type { RunLengthDecoder } from './run-length-decoder.ts'

/** Fetches the column's chunk of a row group, and stands before its first value. */
export async function openFlatColumn(file: ParquetFile, column: LeafColumn, group: number): Promise<ColumnCursor> {
  const name = column.path.at(-1)?.element.name ?? ''
  const rowGroup = file.metadata.row_groups[group]
  const chunk = rowGroup?.columns.find(({ meta_data: meta }) => meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === name)
  if (chunk?.meta_data === undefined) throw damaged(file.path, `expected the place of the column ${name} in row group ${group}`)
  const start = Number(chunk.meta_data.dictionary_page_offset || chunk.meta_data.data_page_offset)
  const bytes = await file.buffer.slice(start, start + Number(chunk.meta_data.total_compressed_size))
  return new FlatCursor(file.path, name, bytes, column, chunk.meta_data, Number(rowGroup?.num_rows))
}

const MAX_SKIPPED = 1000
/** Of a page for one call: memory for more is not asked for before there are values. */
const MAX_TAKEN = 10_000

class FlatCursor implements ColumnCursor {
  readonly #path: string
  readonly #name: string
  readonly #bytes: ArrayBuffer
  readonly #reader: { readonly view: DataView<ArrayBuffer>; offset: number }
  readonly #decoder: PageDecoder
  /** Rows that no page was found for yet. */
  #rowsLeft: number
  #page: FlatPage | undefined
  sound = false

  constructor(path: string, name: string, bytes: ArrayBuffer, column: LeafColumn, meta: NonNullable<ColumnChunk['meta_data']>, rows: number) {
    this.#path = path
    this.#name = name
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
      const taken = Math.min(part.left, count - values.length, MAX_TAKEN)
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
  #current(count: number): FlatPage {
    while (this.#page === undefined || this.#page.left === 0) this.#page = this.#nextPage(count)
    return this.#page
  }

  #nextPage(count: number): FlatPage | undefined {
    const reader = this.#reader
    if (reader.offset >= this.#bytes.byteLength - 1) throw damaged(this.#path, `expected ${count} more values of ${this.#name}, found the end of its data`)
    const header = parquetHeader(reader)
    const stored = new Uint8Array(this.#bytes, reader.offset, header.compressed_page_size)
    reader.offset += header.compressed_page_size
    const page = this.#decoder.page(stored, header)
    if (page === undefined) return undefined
    if (page.count > this.#rowsLeft) throw damaged(this.#path, `expected at most ${this.#rowsLeft} more values of ${this.#name}, found a page of ${page.count}`)
    this.#rowsLeft -= page.count
    return new FlatPage(page)
  }
}

/** A page whose entries are values and nulls. */
class FlatPage {
  /** Entries that were not taken. */
  left: number
  /** Whether what was taken last is known to be without nulls and INVALIDs. */
  sound = false
  readonly #page: Page
  #levels = new Int32Array(0)
  readonly #spread: unknown[] = []

  constructor(page: Page) {
    this.#page = page
    this.left = page.count
  }

  /** At most `left`. The result is of use until the next call. */
  take(count: number): ArrayLike<unknown> {
    this.left -= count
    const { definition, values } = this.#page
    const present = definition === undefined ? count : this.#present(definition, count)
    const dense = values.take(present)
    this.sound = present === count && values.sound
    if (present === count) return dense
    const [levels, spread] = [this.#levels, this.#spread]
    for (let index = 0, next = 0; index < count; index++) spread[index] = levels[index] === 1 ? dense[next++] : null
    return spread
  }

  #present(definition: RunLengthDecoder, count: number): number {
    if (this.#levels.length < count) this.#levels = new Int32Array(count)
    const levels = this.#levels
    definition.take(levels, count)
    let present = 0
    for (let index = 0; index < count; index++) present += levels[index] as number
    return present
  }
}
