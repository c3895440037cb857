import { compressSync } from 'snappy'
import { describe, expect, test } from 'vitest'
import { compressXerial, uncompressXerial } from '../../../src/client/records/xerial-snappy.ts'

const text = Buffer.from('the same again and again, '.repeat(10_000))

describe('snappy as snappy-java frames it', () => {
  test('is read back, over several blocks', () => {
    const framed = compressXerial(text)
    expect(framed.subarray(0, 8)).toEqual(Buffer.from('\x82SNAPPY\0', 'latin1'))
    expect(uncompressXerial(framed).equals(text)).toBe(true)
  })

  test('is read without a frame too', () => {
    expect(uncompressXerial(compressSync(text)).equals(text)).toBe(true)
  })

  test('with a block that is longer than the rest is refused', () => {
    const framed = compressXerial(text)
    framed.writeInt32BE(1 << 30, 16)
    expect(() => uncompressXerial(framed)).toThrow(RangeError)
  })
})
