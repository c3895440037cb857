import { createRequire } from 'node:module'
import { constants, crc32, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type * as Snappy from 'snappy'
import { MillraceError } from '@millrace/core/spi'
import { damaged } from './avro-error.ts'

/** How the blocks of a container file are compressed. */
export interface AvroCodec {
  compress(block: Uint8Array): Uint8Array
  /** Throws when it gets damaged bytes or would make more than `maxBytes`. */
  decompress(block: Uint8Array, maxBytes: number): Uint8Array
}

export type AvroCodecName = 'null' | 'deflate' | 'snappy' | 'zstandard'

const CRC_BYTES = 4
let snappy: typeof Snappy | undefined

/** Native code, loaded at first use. */
function getSnappy(): typeof Snappy {
  return (snappy ??= createRequire(import.meta.url)('snappy') as typeof Snappy)
}

const BUILT_IN: Readonly<Record<AvroCodecName, AvroCodec>> = {
  null: { compress: (block) => block, decompress: (block) => block },
  deflate: {
    compress: (block) => deflateRawSync(block),
    decompress: (block, maxBytes) => inflateRawSync(block, { maxOutputLength: maxBytes }),
  },
  zstandard: {
    compress: (block) => zstdCompressSync(block, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), // decoders check it by themselves
    decompress: (block, maxBytes) => zstdDecompressSync(block, { maxOutputLength: maxBytes }),
  },
  /** The specification adds the CRC-32 of the uncompressed block, highest byte first. */
  snappy: {
    compress(block) {
      const checksum = Buffer.alloc(CRC_BYTES)
      checksum.writeUInt32BE(crc32(block))
      return Buffer.concat([getSnappy().compressSync(Buffer.from(block.buffer, block.byteOffset, block.byteLength)), checksum])
    },
    decompress(block, maxBytes) {
      const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
      const end = bytes.length - CRC_BYTES
      const length = snappyLength(bytes.subarray(0, Math.max(0, end)))
      if (length > maxBytes) throw new RangeError(`expected at most ${maxBytes} bytes in a block, found ${length}`)
      const content = getSnappy().uncompressSync(bytes.subarray(0, end)) as Buffer
      const [expected, found] = [bytes.readUInt32BE(end), crc32(content)]
      if (expected !== found) throw damaged(`expected a block with the CRC-32 ${hex(expected)}, found ${hex(found)}`)
      return content
    },
  },
}

/** Throws AVRO_CODEC for a codec that is neither built in nor given. */
export function codecNamed(name: string, given: Readonly<Record<string, AvroCodec>>, subject: string): AvroCodec {
  const codec = given[name] ?? (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name as AvroCodecName] : undefined)
  if (codec !== undefined) return codec
  const known = [...Object.keys(BUILT_IN), ...Object.keys(given)].join(', ')
  throw new MillraceError('AVRO_CODEC', `${subject}: expected one of the codecs ${known}, found ${JSON.stringify(name)}. Give an implementation in the option codecs, or write the file with another codec`, {
    origin: 'external',
    at: { file: subject },
  })
}

/** Snappy blocks begin with their uncompressed length as a varint. */
function snappyLength(bytes: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[index]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return length
  }
  throw damaged('expected a block compressed by Snappy')
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
