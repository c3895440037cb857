import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compressionByExtension, decompress } from '../src/compression.ts'

const content = Buffer.from(Array.from({ length: 150_000 }, (_, i) => `${i}\n`).join(''))

async function from(compressed: Uint8Array, compression: Parameters<typeof decompress>[1], offset: number, chunkBytes = 10_000): Promise<Buffer> {
  async function* read(position: number): AsyncGenerator<Uint8Array> {
    for (let start = position; start < compressed.length; start += chunkBytes) yield compressed.subarray(start, start + chunkBytes)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of decompress({ path: 'x', size: compressed.length }, compression, read, offset)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('decompress', () => {
  it.each([
    ['gzip', gzipSync(content)],
    ['zstd', zstdCompressSync(content)],
    ['zstd', Buffer.concat([zstdCompressSync(content.subarray(0, 600_000)), zstdCompressSync(content.subarray(600_000))])],
    ['brotli', brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
    ['deflate', deflateSync(content)],
  ] as const)('%s gives the content from any offset', async (compression, compressed) => {
    for (const offset of [0, 1, 262_144, 600_000, 700_001, content.length - 1, content.length]) {
      expect((await from(compressed, compression, offset)).equals(content.subarray(offset))).toBe(true)
    }
  })

  it('reads any sequence of zstd frames or gzip members, however its bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('gzip', 'zstd'), fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 80 }), async (compression, lengths, chunkBytes) => {
        const compress = compression === 'gzip' ? gzipSync : zstdCompressSync
        const parts = lengths.map((length, i) => content.subarray(i * 5000, i * 5000 + length))
        const compressed = Buffer.concat(parts.map((part) => compress(part)))
        expect((await from(compressed, compression, 0, chunkBytes)).equals(Buffer.concat(parts))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })

  it('refuses what follows a zstd frame and is none', async () => {
    await expect(from(Buffer.concat([zstdCompressSync('x'), Buffer.from('garbage!')]), 'zstd', 0)).rejects.toMatchObject({ code: 'FILE_CORRUPT', origin: 'external' })
  })

  it('can be left early', async () => {
    const compressed = gzipSync(content)
    async function* read(): AsyncGenerator<Uint8Array> {
      for (let start = 0; start < compressed.length; start += 1000) yield compressed.subarray(start, start + 1000)
    }
    for await (const chunk of decompress({ path: 'x', size: compressed.length }, 'gzip', read, 0)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
  })

  it('passes on why the compressed bytes cannot be read', async () => {
    async function* read(): AsyncGenerator<Uint8Array> {
      yield gzipSync(content).subarray(0, 1000)
      throw new Error('connection lost')
    }
    const reading = (async () => {
      for await (const chunk of decompress({ path: 'x', size: 1_000_000 }, 'gzip', read, 0)) expect(chunk).toBeDefined()
    })()
    await expect(reading).rejects.toThrow('connection lost')
  })
})

it('compressionByExtension looks at the end of the name, whatever its case', () => {
  expect(['a.csv', 'a.gz', 'a.csv.GZ', 'a.zst', 'a.br', 'a.deflate', 'gz'].map(compressionByExtension)).toEqual(['none', 'gzip', 'gzip', 'zstd', 'brotli', 'deflate', 'none'])
})
