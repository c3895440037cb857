import { createRequire } from 'node:module'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type * as Snappy from 'snappy'

export type Compress = (page: Uint8Array) => Uint8Array

let snappy: typeof Snappy | undefined

/** Native code for the codecs that are written; Snappy is loaded at first use. */
export const compressors: { readonly SNAPPY: Compress; readonly GZIP: Compress; readonly ZSTD: Compress } = {
  SNAPPY(page) {
    snappy ??= createRequire(import.meta.url)('snappy') as typeof Snappy
    return snappy.compressSync(Buffer.from(page.buffer, page.byteOffset, page.byteLength))
  },
  GZIP: (page) => gzipSync(page),
  /** With a checksum, which decoders check by themselves. */
  ZSTD: (page) => zstdCompressSync(page, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
}
