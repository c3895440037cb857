import { createRequire } from 'node:module'
import type * as Snappy from 'snappy'

/**
 * Kafka's snappy is that of the Java library "snappy-java" (Xerial): a magic word, two versions, then blocks with their
 * lengths. Some clients write one bare block instead; both are read.
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1])
const MAGIC_WORD_BYTES = 8
/** Of what is compressed at a time; the library's default. */
const BLOCK_BYTES = 32 << 10

const require = createRequire(import.meta.url)
const snappy = (): typeof Snappy => require('snappy') as typeof Snappy

export function compressXerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [MAGIC]
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = snappy().compressSync(bytes.subarray(at, at + BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export function uncompressXerial(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, MAGIC_WORD_BYTES).equals(MAGIC.subarray(0, MAGIC_WORD_BYTES))) return uncompress(bytes)
  const parts: Buffer[] = []
  for (let at = MAGIC.length; at < bytes.length;) {
    const start = at + 4
    const end = start + bytes.readInt32BE(at)
    if (end < start || end > bytes.length) throw new RangeError(`a block of ${end - start} bytes at ${start} of ${bytes.length}`)
    parts.push(uncompress(bytes.subarray(start, end)))
    at = end
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
}

function uncompress(block: Buffer): Buffer {
  return snappy().uncompressSync(block, { asBuffer: true }) as Buffer
}
