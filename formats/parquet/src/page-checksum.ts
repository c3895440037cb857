import { createRequire } from 'node:module'
import { crc32 } from 'node:zlib'
import type { OffsetIndex } from 'hyparquet'
import type * as Column from 'hyparquet/src/column.js'
import type * as HyparquetWriter from 'hyparquet-writer'
import type * as DataPage from 'hyparquet-writer/src/datapage.js'

type Writer = InstanceType<typeof HyparquetWriter.ByteWriter>
type WrittenChunk = HyparquetWriter.ParquetWriter['pendingIndexes'][number]

/** Of a page as it is stored: what stands in its header, a signed integer of 32 bits. */
export function pageChecksum(parts: readonly Uint8Array[]): number {
  let checksum = 0
  for (const part of parts) checksum = crc32(part, checksum)
  return checksum | 0
}

/**
 * Appends a column chunk with checksums in the headers of its pages, which hyparquet-writer leaves out. `from` has the chunk as
 * that wrote it, in a file of its own; places and sizes in `written` become those of the chunk that was appended.
 */
export function appendWithChecksums(to: Writer, from: Writer, written: WrittenChunk): WrittenChunk {
  const require = createRequire(import.meta.url)
  const { parquetHeader } = require('hyparquet/src/column.js') as typeof Column
  const { writePageHeader } = require('hyparquet-writer/src/datapage.js') as typeof DataPage
  const { chunk, offsetIndex } = written
  const meta = chunk.meta_data as NonNullable<typeof chunk.meta_data>
  const start = to.offset
  const first = Number(chunk.file_offset)
  const end = first + Number(meta.total_compressed_size)
  const reader = { view: new DataView(from.buffer), offset: first }
  let dataStart: number | undefined
  const locations: OffsetIndex['page_locations'] = []
  while (reader.offset < end) {
    const header = parquetHeader(reader)
    const page = new Uint8Array(from.buffer, reader.offset, header.compressed_page_size)
    reader.offset += header.compressed_page_size
    const offset = to.offset
    writePageHeader(to, { ...header, crc: pageChecksum([page]) })
    to.appendBytes(page)
    if (header.type === 'DICTIONARY_PAGE') continue
    dataStart ??= offset
    locations.push({ offset: BigInt(offset), compressed_page_size: to.offset - offset, first_row_index: offsetIndex?.page_locations[locations.length]?.first_row_index ?? 0n })
  }
  const size = to.offset - start
  return {
    ...written,
    chunk: {
      file_offset: BigInt(start),
      meta_data: {
        ...meta,
        total_compressed_size: BigInt(size),
        total_uncompressed_size: meta.total_uncompressed_size + BigInt(size - (end - first)),
        data_page_offset: BigInt(dataStart ?? start),
        ...(meta.dictionary_page_offset === undefined ? {} : { dictionary_page_offset: BigInt(start) }),
      },
    },
    ...(offsetIndex === undefined ? {} : { offsetIndex: { page_locations: locations } }),
  }
}
