import { expect, test } from 'vitest'
import { crc32c } from '../../../src/client/records/crc32c.ts'

test.for([
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['32 zeros (RFC 3720, B.4)', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of 0xff (RFC 3720, B.4)', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31 (RFC 3720, B.4)', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['nothing', Buffer.alloc(0), 0],
] as const)('the checksum of %s', ([, bytes, expected]) => {
  expect(crc32c(bytes, 0, bytes.length)).toBe(expected)
})

test('a range is the same as its bytes alone, wherever it begins', () => {
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, index) => (index * 37) & 0xff))
  for (let start = 0; start < 10; start++) {
    const part = Buffer.from(bytes.subarray(start, 40 - start))
    expect(crc32c(bytes, start, 40 - start)).toBe(crc32c(part, 0, part.length))
  }
})
