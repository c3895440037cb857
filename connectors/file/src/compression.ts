import { Readable, pipeline } from 'node:stream'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { MillraceError } from '@millrace/core/spi'

/** Of a file as a whole. `deflate` is the zlib format (RFC 1950). */
export type Compression = 'none' | 'gzip' | 'zstd' | 'brotli' | 'deflate'

const BY_EXTENSION: readonly (readonly [string, Compression])[] = [
  ['.gz', 'gzip'],
  ['.gzip', 'gzip'],
  ['.zst', 'zstd'],
  ['.br', 'brotli'],
  ['.deflate', 'deflate'],
]

const CHUNK = { chunkSize: 256 * 1024 }

const DECOMPRESSORS: Readonly<Record<Exclude<Compression, 'none'>, () => Transform>> = {
  gzip: () => createGunzip(CHUNK),
  zstd: () => createZstdDecompress(CHUNK),
  brotli: () => createBrotliDecompress(CHUNK),
  deflate: () => createInflate(CHUNK),
}

export function compressionByExtension(path: string): Compression {
  const lower = path.toLowerCase()
  return BY_EXTENSION.find(([extension]) => lower.endsWith(extension))?.[1] ?? 'none'
}

/** The content of a compressed file from `offset` on; all before it is decompressed and dropped. Throws FILE_CORRUPT for damaged or cut data. */
export async function* decompress(
  path: string,
  compression: Exclude<Compression, 'none'>,
  compressed: AsyncIterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  // The callback has nothing to do: a failure of either stream ends the iteration below with it.
  const content = pipeline(Readable.from(compressed, { objectMode: true, highWaterMark: 1 }), DECOMPRESSORS[compression](), () => {})
  let left = offset
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left)
      left = Math.max(0, left - chunk.length)
    }
  } catch (error) {
    throw MillraceError.wrap(error, 'FILE_CORRUPT', `Cannot decompress ${path} as ${compression}; replace it by an intact copy, or set the compression option`, {
      origin: 'external',
      at: { file: path },
    })
  }
}
