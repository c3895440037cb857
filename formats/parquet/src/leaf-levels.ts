import type { ColumnChunk, ColumnMetaData } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import type { ParquetFile } from './open-file.ts'
import { PageDecoder } from './page-decoder.ts'
import type { LeafColumn, Page } from './page-decoder.ts'
import { damaged } from './parquet-error.ts'

/** Fetches the leaf's column chunk. */
export async function openLeaf(file: ParquetFile, chunk: ColumnChunk, source: LeafColumn): Promise<LeafLevels> {
  const meta = chunk.meta_data
  if (meta === undefined) throw damaged(file.path, `expected the place of the column ${source.path.at(-1)?.path.join('.') ?? ''}`)
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset)
  return new LeafLevels(file.path, await file.buffer.slice(start, start + Number(meta.total_compressed_size)), meta, source)
}

/** Memory for more levels is not asked for before there are any. */
const MAX_ADDED = 10_000

/** One leaf of a nested column in one row group: its entries as they lie in the file, read from front to back, and decoded page by page. */
export class LeafLevels {
  /** Of each entry; an entry with a value has the highest level. */
  definition: number[] = []
  /** Of each entry: 0 where a row begins. */
  repetition: number[] = []
  values: unknown[] = []
  /** The next entry. */
  at = 0
  /** Its value, if it has one. */
  valueAt = 0
  readonly #path: string
  readonly #decoder: PageDecoder
  readonly #reader: { readonly view: DataView<ArrayBuffer>; offset: number }
  /** In pages to come. */
  #entriesLeft: number
  /** Rows that begin in the entries decoded so far and were not counted as read. */
  #rows = 0
  /** No entry was decoded. */
  #isNew = true

  constructor(file: string, bytes: ArrayBuffer, meta: ColumnMetaData, source: LeafColumn) {
    this.#path = file
    this.#decoder = new PageDecoder(source, meta)
    this.#reader = { view: new DataView(bytes), offset: 0 }
    this.#entriesLeft = Number(meta.num_values)
  }

  /** Decodes pages until all entries of the next `count` rows are there; false if there are fewer rows. Counts them as read. */
  prepare(count: number): boolean {
    if (this.at > this.definition.length / 2) this.#dropRead()
    // a row ends where the next one begins, or all entries end
    while (this.#rows <= count && this.#nextPage());
    if (this.#rows < count) return false
    this.#rows -= count
    return true
  }

  #dropRead(): void {
    this.definition = this.definition.slice(this.at)
    this.repetition = this.repetition.slice(this.at)
    this.values = this.values.slice(this.valueAt)
    this.at = 0
    this.valueAt = 0
  }

  /** False at the end. */
  #nextPage(): boolean {
    const { buffer } = this.#reader.view
    if (this.#entriesLeft <= 0 || this.#reader.offset >= buffer.byteLength - 1) return false
    const header = parquetHeader(this.#reader)
    const bytes = new Uint8Array(buffer, this.#reader.offset, header.compressed_page_size)
    this.#reader.offset += header.compressed_page_size
    const page = this.#decoder.page(bytes, header)
    if (page !== undefined) this.#add(page)
    return true
  }

  #add({ count, repetition, definition, values }: Page): void {
    if (count > this.#entriesLeft) throw damaged(this.#path, `expected at most ${this.#entriesLeft} more values in a column, found a page of ${count}`)
    this.#entriesLeft -= count
    const levels = new Int32Array(Math.min(count, MAX_ADDED))
    const highest = this.#decoder.maxDefinition
    for (let left = count; left > 0; left -= MAX_ADDED) {
      const part = Math.min(left, MAX_ADDED)
      repetition?.take(levels, part)
      for (let index = 0; index < part; index++) {
        const level = repetition === undefined ? 0 : (levels[index] as number)
        this.repetition.push(level)
        if (level === 0) this.#rows++
        else if (this.#isNew) throw damaged(this.#path, `expected a column to begin with a row, found repetition level ${level}`)
        this.#isNew = false
      }
      definition?.take(levels, part)
      let present = 0
      for (let index = 0; index < part; index++) {
        const level = definition === undefined ? highest : (levels[index] as number)
        this.definition.push(level)
        if (level === highest) present++
      }
      const found = values.take(present)
      for (let index = 0; index < present; index++) this.values.push(found[index])
    }
  }
}
