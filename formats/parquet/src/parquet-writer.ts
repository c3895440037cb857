import { createRequire } from 'node:module'
import { MillraceError } from '@millrace/core/spi'
import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import type { ColumnChunk, SchemaElement } from 'hyparquet'
import type * as HyparquetWriter from 'hyparquet-writer'
import { compressors } from './compressors.ts'
import { FlatChunk } from './flat-chunk.ts'
import type { FlatChunkOptions } from './flat-chunk.ts'
import type { ResolvedWriteOptions } from './parquet-options.ts'
import { appendWithChecksums } from './page-checksum.ts'
import type { WrittenColumn } from './written-column.ts'

/**
 * Encodes rows column by column as they come and writes a row group whenever there are enough. Flat columns are encoded page by
 * page, the values of lists, maps, structs and decimals are kept until hyparquet-writer encodes them; it also writes the footer.
 */
export class ParquetWriter implements FileRecordWriter<unknown> {
  readonly #columns: readonly WrittenColumn[]
  readonly #options: ResolvedWriteOptions
  readonly #encoder: HyparquetWriter.ParquetWriter
  readonly #writer: InstanceType<typeof HyparquetWriter.ByteWriter>
  /** What hyparquet-writer has written of a row group. */
  readonly #scratch: InstanceType<typeof HyparquetWriter.ByteWriter>
  readonly #flushGroup: () => void
  /** By column; undefined for those whose values are kept. */
  readonly #chunks: readonly (FlatChunk | undefined)[]
  #kept: unknown[][]
  /** What is stored of the row at hand. */
  readonly #stored: unknown[] = []
  #rows = 0
  #bytes = 0

  constructor(output: ByteOutput, columns: readonly WrittenColumn[], options: ResolvedWriteOptions) {
    this.#columns = columns
    this.#options = options
    this.#kept = columns.map(() => [])
    this.#chunks = columns.map((column) => (column.flat ? new FlatChunk(flatOptions(column, options)) : undefined))
    const { ParquetWriter: Encoder, ByteWriter } = createRequire(import.meta.url)('hyparquet-writer') as typeof HyparquetWriter
    const writer = new ByteWriter()
    this.#writer = writer
    this.#scratch = new ByteWriter()
    this.#flushGroup = () => {
      if (writer.index > 0) output.write(writer.getBytes().slice())
      writer.index = 0 // the buffer serves for the next row group
    }
    this.#encoder = new Encoder({
      writer: Object.assign(writer, { finish: this.#flushGroup }),
      schema: withRoot(columns, 'physical'),
      codec: CODECS[options.codec],
      compressors,
      statistics: options.statistics,
      kvMetadata: Object.entries(options.metadata).map(([key, value]) => ({ key, value })),
      createdBy: 'Millrace (hyparquet-writer)',
    })
  }

  write(value: unknown): void {
    const columns = this.#columns
    const stored = this.#stored
    if (typeof value !== 'object' || value === null) throw notARow(value)
    // all columns first: a row that is refused leaves nothing behind
    for (let index = 0; index < columns.length; index++) {
      const { name, encode } = columns[index] as WrittenColumn
      stored[index] = encode((value as Readonly<Record<string, unknown>>)[name])
    }
    for (let index = 0; index < columns.length; index++) {
      const chunk = this.#chunks[index]
      if (chunk !== undefined) this.#bytes += chunk.add(stored[index])
      else this.#bytes += estimateBytes((this.#kept[index] as unknown[])[this.#rows] = stored[index])
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
    const encoder = this.#encoder
    const start = this.#writer.offset
    const kept = this.#writeKept()
    const columns = this.#columns.flatMap(({ elements }, index) => {
      const chunk = this.#chunks[index]
      if (chunk === undefined) return kept.splice(0, elements.filter(({ num_children: children }) => children === undefined).length)
      const result = chunk.write(this.#writer)
      encoder.pendingIndexes.push(result)
      return result.chunk
    })
    encoder.num_rows += BigInt(this.#rows)
    encoder.row_groups.push({
      columns,
      num_rows: BigInt(this.#rows),
      total_byte_size: columns.reduce((sum, { meta_data: meta }) => sum + (meta?.total_uncompressed_size ?? 0n), 0n),
      total_compressed_size: BigInt(this.#writer.offset - start),
    })
    this.#flushGroup()
    this.#rows = 0
    this.#bytes = 0
  }

  /** Has hyparquet-writer write the chunks of the columns whose values are kept: their leaves in order, whose group is made later. */
  #writeKept(): ColumnChunk[] {
    const { dictionary, statistics, pageBytes } = this.#options
    const columnData = this.#columns.flatMap(({ name, ordered, elements, flat }, index) => {
      if (flat) return []
      const indexed = statistics && ordered && elements.length === 1
      return { name, data: this.#kept[index] as unknown[], statistics: statistics && ordered, columnIndex: indexed, ...(dictionary ? {} : { encoding: 'PLAIN' as const }), bloomFilter: this.#options.bloomFilters.includes(name) }
    })
    if (columnData.length === 0) return []
    const encoder = this.#encoder
    const before = encoder.pendingIndexes.length
    this.#scratch.index = this.#scratch.offset = 0
    encoder.writer = this.#scratch
    void encoder.write({ columnData, rowGroupSize: this.#rows, pageSize: pageBytes })
    encoder.writer = this.#writer
    this.#kept = this.#columns.map(() => [])
    encoder.num_rows -= BigInt(this.#rows)
    encoder.row_groups.pop()
    const written = encoder.pendingIndexes.splice(before).map((each) => appendWithChecksums(this.#writer, this.#scratch, each))
    encoder.pendingIndexes.push(...written)
    return written.map(({ chunk }) => chunk)
  }
}

const CODECS = { uncompressed: 'UNCOMPRESSED', snappy: 'SNAPPY', gzip: 'GZIP', zstd: 'ZSTD' } as const

function flatOptions({ name, physical, hashable, ordered }: WrittenColumn, options: ResolvedWriteOptions): FlatChunkOptions {
  const [element] = physical as readonly [SchemaElement]
  const codec = CODECS[options.codec]
  return {
    element,
    codec,
    compress: codec === 'UNCOMPRESSED' ? undefined : compressors[codec],
    nullable: element.repetition_type !== 'REQUIRED',
    statistics: options.statistics && ordered,
    dictionary: options.dictionary && hashable,
    pageBytes: options.pageBytes,
    bloomFilter: options.bloomFilters.includes(name),
  }
}

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
