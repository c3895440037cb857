import { Readable, pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import type { BrotliDecompress, Gunzip, Inflate, ZstdDecompress } from 'node:zlib'
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

const DECOMPRESSORS: Readonly<Record<Exclude<Compression, 'none'>, () => Gunzip | ZstdDecompress | BrotliDecompress | Inflate>> = {
  gzip: () => createGunzip(CHUNK),
  zstd: () => createZstdDecompress(CHUNK),
  brotli: () => createBrotliDecompress(CHUNK),
  deflate: () => createInflate(CHUNK),
}

export function compressionByExtension(path: string): Compression {
  const lower = path.toLowerCase()
  return BY_EXTENSION.find(([extension]) => lower.endsWith(extension))?.[1] ?? 'none'
}

/**
 * The content of a compressed file from `offset` on; all before it is decompressed and dropped. Several gzip members or zstd
 * frames in a row are one content (RFC 1952 2.2, RFC 8878 3.1). Throws FILE_CORRUPT for damaged or cut data.
 * @param read the compressed bytes from a position on.
 */
export async function* decompress(
  { path, size }: { readonly path: string; readonly size: number },
  compression: Exclude<Compression, 'none'>,
  read: (position: number) => AsyncIterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let left = offset
  let consumed = 0
  try {
    do {
      const decompressor = DECOMPRESSORS[compression]()
      // The callback has nothing to do: a failure of either stream ends the iteration with it.
      const content = pipeline(Readable.from(read(consumed)), decompressor, () => {})
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        if (left < chunk.length) yield left === 0 ? chunk : chunk.subarray(left)
        left = Math.max(0, left - chunk.length)
      }
      consumed += decompressor.bytesWritten
    } while (compression === 'zstd' && consumed < size) // Node's zstd stops after one frame, silently
  } catch (error) {
    throw MillraceError.wrap(error, 'FILE_CORRUPT', `Cannot decompress ${path} as ${compression}; replace it by an intact copy, or set the compression option`, {
      origin: 'external',
      at: { file: path },
    })
  }
}
