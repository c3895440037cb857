import type { FormatInput } from '@millrace/core/spi'
import type { AsyncBuffer, FileMetaData, ParquetParsers } from 'hyparquet'
import { type PageHeaderCheck, pageHeaderCheck } from './page-headers.ts'
import { damaged, guarded } from './parquet-error.ts'

export interface ParquetFile {
  readonly path: string
  readonly buffer: AsyncBuffer
  readonly metadata: FileMetaData
  /** First row of each row group, and at the end the number of all rows. */
  readonly groupStarts: readonly number[]
}

/** Enough for the footer of most files in one read; longer footers take a second one. */
const FOOTER_BYTES = 64 * 1024

/** Statistics in the units of values: whole milliseconds, rounded towards the past, and days. */
export const millisecondParsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: Number,
  timestampFromMicroseconds: (micros) => wholeMilliseconds(micros, 1000n),
  timestampFromNanoseconds: (nanos) => wholeMilliseconds(nanos, 1_000_000n),
  dateFromDays: (days) => days,
}

function wholeMilliseconds(value: bigint, perMs: bigint): number {
  return Number((value - (((value % perMs) + perMs) % perMs)) / perMs)
}

/** Reads the footer. Throws PARQUET_FILE. */
export async function openFile(input: FormatInput): Promise<ParquetFile> {
  const { bytes, path } = input
  if (bytes === undefined) throw damaged(path, 'expected a file with random access, found one that is compressed as a whole')
  let checkPageHeaders: PageHeaderCheck = () => {}
  const buffer: AsyncBuffer = {
    byteLength: bytes.size,
    async slice(start, end = bytes.size) {
      if (start < 0 || start > end || end > bytes.size) throw damaged(path, `expected data at bytes ${start} to ${end}, found a file of ${bytes.size} bytes`)
      const part = await bytes.read(start, end)
      const own = part.byteLength === part.buffer.byteLength && part.buffer instanceof ArrayBuffer ? part.buffer : new Uint8Array(part).buffer
      checkPageHeaders(start, own)
      return own
    },
  }
  return guarded(path, async () => {
    if (bytes.size < 12) throw damaged(path, `found a file of ${bytes.size} bytes`)
    const { parquetMetadataAsync } = await import('hyparquet')
    const metadata = await parquetMetadataAsync(buffer, { initialFetchSize: FOOTER_BYTES, geoparquet: false, parsers: millisecondParsers })
    checkPageHeaders = pageHeaderCheck(path, metadata)
    const groupStarts = [0]
    for (const { num_rows: rows } of metadata.row_groups) {
      const start = (groupStarts.at(-1) as number) + Number(rows)
      if (!(Number.isSafeInteger(start) && Number(rows) >= 0)) throw damaged(path, `expected a number of rows in every row group, found ${String(rows)}`)
      groupStarts.push(start)
    }
    return { path, buffer, metadata, groupStarts }
  })
}
