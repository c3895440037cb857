import { createRequire } from 'node:module'
import type { ColumnMetaData, Encoding, OffsetIndex, SchemaElement } from 'hyparquet'
import type * as Unconvert from 'hyparquet-writer/src/unconvert.js'
import type * as DataPage from 'hyparquet-writer/src/datapage.js'
import type * as HyparquetWriter from 'hyparquet-writer'
import type { Compress } from './compressors.ts'
import { pageChecksum } from './page-checksum.ts'
import { compareStored } from './value-range.ts'
import type { ValueRange } from './value-range.ts'

type Writer = InstanceType<typeof HyparquetWriter.ByteWriter>
type PendingIndex = HyparquetWriter.ParquetWriter['pendingIndexes'][number]

export interface WrittenPage {
  readonly encoding: Encoding
  readonly rows: number
  readonly nulls: number
  readonly range: ValueRange
  /** Definition levels; empty if the column has none. */
  readonly levels: Uint8Array
  readonly values: Uint8Array
}

/** The pages of a column chunk, compressed as they come, so that no more than one is in memory as it was. */
export class ChunkPages {
  readonly #compress: Compress | undefined
  #pages: { readonly page: Omit<WrittenPage, 'levels' | 'values'>; readonly header: Parameters<typeof DataPage.writePageHeader>[1]; readonly parts: readonly Uint8Array[] }[] = []

  constructor(compress: Compress | undefined) {
    this.#compress = compress
  }

  get count(): number {
    return this.#pages.length
  }

  add({ levels, values, ...page }: WrittenPage): void {
    const stored = this.#pack(values)
    const parts = [new Uint8Array(levels), stored]
    this.#pages.push({
      page,
      header: {
        type: 'DATA_PAGE_V2',
        uncompressed_page_size: levels.length + values.length,
        compressed_page_size: levels.length + stored.length,
        crc: pageChecksum(parts),
        data_page_header_v2: { num_values: page.rows, num_nulls: page.nulls, num_rows: page.rows, encoding: page.encoding, definition_levels_byte_length: levels.length, repetition_levels_byte_length: 0, is_compressed: true },
      },
      parts,
    })
  }

  /** Writes the chunk: the dictionary first, if pages refer to one. */
  write(writer: Writer, { element, codec, statistics, nullable }: ChunkOptions, dictionary: { readonly count: number; readonly values: Uint8Array } | undefined): PendingIndex {
    const { writePageHeader } = createRequire(import.meta.url)('hyparquet-writer/src/datapage.js') as typeof DataPage
    const start = writer.offset
    let unpacked = 0
    if (dictionary !== undefined) {
      const stored = this.#pack(dictionary.values)
      writePageHeader(writer, { type: 'DICTIONARY_PAGE', uncompressed_page_size: dictionary.values.length, compressed_page_size: stored.length, crc: pageChecksum([stored]), dictionary_page_header: { num_values: dictionary.count, encoding: 'PLAIN' } })
      unpacked += writer.offset - start + dictionary.values.length
      writer.appendBytes(stored)
    }
    const dataStart = writer.offset
    const locations: OffsetIndex['page_locations'] = []
    let rows = 0
    for (const { page, header, parts } of this.#pages) {
      const offset = writer.offset
      writePageHeader(writer, header)
      unpacked += writer.offset - offset + header.uncompressed_page_size
      for (const part of parts) writer.appendBytes(part)
      locations.push({ offset: BigInt(offset), compressed_page_size: writer.offset - offset, first_row_index: BigInt(rows) })
      rows += page.rows
    }
    const pages = this.#pages.map(({ page }) => page)
    const encodings: Encoding[] = [...new Set<Encoding>([...(dictionary === undefined ? [] : ['PLAIN' as const]), ...pages.map(({ encoding }) => encoding), ...(nullable ? ['RLE' as const] : [])])]
    const meta: ColumnMetaData = {
      type: element.type as ColumnMetaData['type'],
      encodings,
      path_in_schema: [element.name],
      codec,
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(unpacked),
      total_compressed_size: BigInt(writer.offset - start),
      data_page_offset: BigInt(dataStart),
      ...(dictionary === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
      ...(statistics ? { statistics: chunkStatistics(pages, element) } : {}),
    }
    this.#pages = []
    const indexed = pages.length > 1
    const columnIndex = indexed && statistics ? columnIndexOf(pages, element) : undefined
    return { chunk: { meta_data: meta, file_offset: BigInt(start) }, ...(indexed ? { offsetIndex: { page_locations: locations } } : {}), ...(columnIndex === undefined ? {} : { columnIndex }) }
  }

  #pack(bytes: Uint8Array): Uint8Array {
    return this.#compress === undefined ? new Uint8Array(bytes) : this.#compress(bytes)
  }
}

export interface ChunkOptions {
  readonly element: SchemaElement
  readonly codec: ColumnMetaData['codec']
  readonly statistics: boolean
  readonly nullable: boolean
}

type PageSummary = Pick<WrittenPage, 'rows' | 'nulls' | 'range'>

const isFloating = ({ type }: SchemaElement): boolean => type === 'FLOAT' || type === 'DOUBLE'

function chunkStatistics(pages: readonly PageSummary[], element: SchemaElement): NonNullable<ColumnMetaData['statistics']> {
  let [min, max, nulls, nans] = [undefined as unknown, undefined as unknown, 0, 0]
  for (const { range, nulls: own } of pages) {
    nulls += own
    nans += range.nans
    if (range.min === undefined) continue
    if (min === undefined || compareStored(range.min, min) < 0) min = range.min
    if (max === undefined || compareStored(range.max, max) > 0) max = range.max
  }
  const bounds = { min_value: bound(min, element, false), max_value: bound(max, element, true) } as Pick<NonNullable<ColumnMetaData['statistics']>, 'min_value' | 'max_value'>
  return { ...bounds, null_count: BigInt(nulls), ...(isFloating(element) ? { nan_count: BigInt(nans) } : {}) }
}

/** Zero is −0 as a minimum and +0 as a maximum, since readers may take them for different or the same. */
function bound(value: unknown, { type }: SchemaElement, isMax: boolean): unknown {
  if (type === 'INT64' && typeof value === 'number') return BigInt(value)
  return value === 0 ? (isMax ? 0 : -0) : value
}

/** Undefined if some page has values and no bounds, as it has NaN only: then the format allows no index. */
function columnIndexOf(pages: readonly PageSummary[], element: SchemaElement): PendingIndex['columnIndex'] {
  const { unconvertMinMax } = createRequire(import.meta.url)('hyparquet-writer/src/unconvert.js') as typeof Unconvert
  if (pages.some(({ range, rows, nulls }) => range.min === undefined && rows > nulls)) return undefined
  const bytes = (value: unknown, isMax: boolean): Uint8Array => unconvertMinMax(bound(value, element, isMax) as undefined, element, isMax) ?? new Uint8Array()
  const full = pages.filter(({ range }) => range.min !== undefined).map(({ range }) => range)
  const sorted = (sign: number): boolean => full.every((range, index) => index === 0 || (sign * compareStored(range.min, full[index - 1]?.min) >= 0 && sign * compareStored(range.max, full[index - 1]?.max) >= 0))
  return {
    null_pages: pages.map(({ rows, nulls }) => rows === nulls),
    min_values: pages.map(({ range }) => bytes(range.min, false)),
    max_values: pages.map(({ range }) => bytes(range.max, true)),
    boundary_order: sorted(1) ? 'ASCENDING' : sorted(-1) ? 'DESCENDING' : 'UNORDERED',
    null_counts: pages.map(({ nulls }) => BigInt(nulls)),
    ...(isFloating(element) ? { nan_counts: pages.map(({ range }) => BigInt(range.nans)) } : {}),
  }
}
