import { describeError, MillraceError } from '@millrace/core/spi'
import type * as Lz4 from 'lz4-napi'
import { createRequire } from 'node:module'
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Compression } from '../record-producer.ts'
import { compressXerial, uncompressXerial } from './xerial-snappy.ts'

interface Codec {
  compress(bytes: Buffer): Buffer
  decompress(bytes: Buffer): Buffer
}

const require = createRequire(import.meta.url)
const lz4 = (): typeof Lz4 => require('lz4-napi') as typeof Lz4
/** Level 1 is eight times as fast as zlib's default and costs a few percent of size. */
const GZIP_LEVEL = 1

/** By the low three bits of a batch's attributes. */
const NAMES: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const CODECS: Readonly<Record<Compression, Codec>> = {
  none: { compress: (bytes) => bytes, decompress: (bytes) => bytes },
  gzip: { compress: (bytes) => gzipSync(bytes, { level: GZIP_LEVEL }), decompress: (bytes) => gunzipSync(bytes) },
  snappy: { compress: compressXerial, decompress: uncompressXerial },
  lz4: { compress: (bytes) => lz4().compressFrameSync(bytes), decompress: (bytes) => lz4().decompressFrameSync(bytes) },
  zstd: { compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) },
}

export function compressionCode(compression: Compression): number {
  return NAMES.indexOf(compression)
}

export function compress(compression: Compression, bytes: Buffer): Buffer {
  return CODECS[compression].compress(bytes)
}

export function decompress(code: number, bytes: Buffer): Buffer {
  const name = NAMES[code]
  try {
    if (name === undefined) throw new Error('this code is not defined')
    return CODECS[name].decompress(bytes)
  } catch (cause) {
    throw new MillraceError('KAFKA_CORRUPT_BATCH', `Could not decompress a batch of records (compression ${name ?? code}): ${describeError(cause)}.`, { origin: 'external', cause })
  }
}
