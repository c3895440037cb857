import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShortStringCache } from '../../src/spi/short-string-cache.ts'

test('gives what decoding gives, whatever was decoded before', () => {
  const cache = new ShortStringCache()
  const utf8 = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end)
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.oneof(fc.constantFrom('a', 'b', '\0'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), maxLength: 6 })), (texts) => {
      for (const text of texts) {
        const bytes = Buffer.from(`<${text}>`)
        expect(cache.decode(bytes, 1, bytes.length - 1, utf8)).toBe(text)
      }
    }),
    { numRuns: 300 },
  )
})

test('gives up where texts differ', () => {
  const cache = new ShortStringCache()
  for (let i = 0; i < 10_000; i++) {
    const bytes = Buffer.from(String(i))
    cache.decode(bytes, 0, bytes.length, () => String(i))
  }
  expect(cache.useful).toBe(false)
})
