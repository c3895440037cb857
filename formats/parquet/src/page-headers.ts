import { crc32 } from 'node:zlib'
import type { FileMetaData } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { damaged } from './parquet-error.ts'

interface ChunkRange {
  readonly start: number
  readonly end: number
}

/** Checks the page headers of every column chunk, and the checksums that they have, that lies in the bytes [start, start + length) of the file. */
export type PageHeaderCheck = (start: number, bytes: ArrayBuffer) => void

/**
 * The decoder takes the numbers of page headers as they are: one that is missing or negative, because a byte of its field
 * is wrong, can keep it going round for ever. So all headers of a chunk are looked at before it gets any of them. A checksum
 * is a CRC-32 of the page as it is stored, behind its header.
 */
export function pageHeaderCheck(path: string, metadata: FileMetaData): PageHeaderCheck {
  const chunks = metadata.row_groups.flatMap((group) =>
    group.columns.flatMap(({ meta_data: meta }): ChunkRange[] => {
      if (meta === undefined) return []
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
      return [{ start, end: start + Number(meta.total_compressed_size) }]
    }),
  )
  return (start, bytes) => {
    for (const chunk of chunks) {
      if (chunk.start >= start && chunk.end <= start + bytes.byteLength) checkPages(path, new DataView(bytes, chunk.start - start, chunk.end - chunk.start), chunk.start)
    }
  }
}

function checkPages(path: string, view: DataView, chunkStart: number): void {
  const reader = { view, offset: 0 }
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader)
    const { crc, compressed_page_size: size, uncompressed_page_size: unpacked, data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dictionary } = header
    const counts = [size, unpacked]
    if (v1 !== undefined) counts.push(v1.num_values)
    if (v2 !== undefined) counts.push(v2.num_values, v2.num_rows, v2.num_nulls, v2.definition_levels_byte_length, v2.repetition_levels_byte_length)
    if (dictionary !== undefined) counts.push(dictionary.num_values)
    if (!counts.every((count) => Number.isInteger(count) && count >= 0)) throw damaged(path, `expected sizes and counts in every page header, found ${counts.map(String).join(', ')}`)
    const start = reader.offset
    reader.offset += size
    if (crc === undefined || reader.offset > view.byteLength) continue
    const found = crc32(new Uint8Array(view.buffer, view.byteOffset + start, size))
    if (found !== crc >>> 0) throw damaged(path, `expected a page with the checksum ${hex(crc >>> 0)} at byte ${chunkStart + start}, found ${hex(found)}`)
  }
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')
