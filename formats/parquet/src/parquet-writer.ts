import { createRequire } from 'node:module'
import { MillraceError } from '@millrace/core/spi'
import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import type { SchemaElement } from 'hyparquet'
import type * as HyparquetWriter from 'hyparquet-writer'
import { compressors } from './compressors.ts'
import type { ResolvedWriteOptions } from './parquet-options.ts'
import type { WrittenColumn } from './written-column.ts'

/** Collects rows column by column and writes a row group whenever there are enough, so that one row group is all that is in memory. */
export class ParquetWriter implements FileRecordWriter<unknown> {
  readonly #columns: readonly WrittenColumn[]
  readonly #options: ResolvedWriteOptions
  readonly #encoder: HyparquetWriter.ParquetWriter
  #values: unknown[][]
  #rows = 0
  #bytes = 0

  constructor(output: ByteOutput, columns: readonly WrittenColumn[], options: ResolvedWriteOptions) {
    this.#columns = columns
    this.#options = options
    this.#values = columns.map(() => [])
    const { ParquetWriter: Encoder, ByteWriter } = createRequire(import.meta.url)('hyparquet-writer') as typeof HyparquetWriter
    const bytes = new ByteWriter()
    const flush = (): void => {
      if (bytes.index > 0) output.write(bytes.getBytes().slice())
      bytes.index = 0 // the buffer serves for the next row group
    }
    this.#encoder = new Encoder({
      writer: Object.assign(bytes, { flush, finish: flush }),
      schema: withRoot(columns, 'physical'),
      codec: options.codec === 'uncompressed' ? 'UNCOMPRESSED' : CODECS[options.codec],
      compressors,
      statistics: options.statistics,
      kvMetadata: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
      createdBy: 'Millrace (hyparquet-writer)',
    })
  }

  write(value: unknown): void {
    const columns = this.#columns
    let column = 0
    try {
      if (typeof value !== 'object' || value === null) throw notARow(value)
      for (; column < columns.length; column++) {
        const { name, encode } = columns[column] as WrittenColumn
        const stored = encode((value as Readonly<Record<string, unknown>>)[name])
        ;(this.#values[column] as unknown[]).push(stored)
        this.#bytes += typeof stored === 'string' ? stored.length : typeof stored === 'object' ? estimateBytes(stored) : 8
      }
    } catch (error) {
      while (column > 0) this.#values[--column]?.pop() // all columns have the same number of rows again
      throw error
    }
    this.#rows++
    if (this.#rows >= this.#options.rowGroupRows || this.#bytes >= this.#options.rowGroupBytes) this.#writeGroup()
  }

  /** Only a finished file is of use, and a small row group would be a bad one. */
  flush(): void {}

  finish(): void {
    if (this.#rows > 0) this.#writeGroup()
    this.#encoder.schema = withRoot(this.#columns, 'elements')
    void this.#encoder.finish()
  }

  #writeGroup(): void {
    const { dictionary, statistics, bloomFilters, pageBytes } = this.#options
    const columnData = this.#columns.map(({ name, ordered, elements, pack }, index) => {
      const flat = elements.length === 1
      return {
        name,
        data: pack(this.#values[index] as unknown[]),
        statistics: statistics && ordered,
        columnIndex: statistics && ordered && flat,
        ...(dictionary ? {} : { encoding: 'PLAIN' as const }),
        ...(bloomFilters.includes(name) ? { bloomFilter: true } : {}),
      }
    })
    void this.#encoder.write({ columnData, rowGroupSize: this.#rows, pageSize: pageBytes })
    this.#values = this.#columns.map(() => [])
    this.#rows = 0
    this.#bytes = 0
  }
}

const CODECS = { snappy: 'SNAPPY', gzip: 'GZIP', zstd: 'ZSTD' } as const

function withRoot(columns: readonly WrittenColumn[], which: 'elements' | 'physical'): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.flatMap((column) => column[which])]
}

/** Of a stored value in memory, roughly. */
function estimateBytes(stored: unknown): number {
  if (stored instanceof Uint8Array) return stored.length
  if (typeof stored === 'string') return stored.length
  if (typeof stored !== 'object' || stored === null) return 8
  let sum = 16
  for (const each of Array.isArray(stored) ? stored : Object.values(stored)) sum += estimateBytes(each)
  return sum
}

function notARow(value: unknown): MillraceError {
  return new MillraceError('PARQUET_TYPE_MISMATCH', `Cannot write a record as Parquet: expected an object, found ${value === null ? 'null' : typeof value}. Make the record fit its type`, { origin: 'user' })
}
