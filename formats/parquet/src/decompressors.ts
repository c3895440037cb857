import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Compressors } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** Node's own codecs are two to five times faster than the same in JavaScript; the others come from hyparquet-compressors. */
export const decompressors: Compressors = {
  ...compressors,
  ZSTD: (input, outputLength) => zstdDecompressSync(input, limit(outputLength)),
  GZIP: (input, outputLength) => gunzipSync(input, limit(outputLength)),
  BROTLI: (input, outputLength) => brotliDecompressSync(input, limit(outputLength)),
}

/** A damaged page must not unpack to more than its header promises. */
function limit(outputLength: number): { readonly maxOutputLength: number } {
  return { maxOutputLength: Math.max(1, outputLength) }
}
