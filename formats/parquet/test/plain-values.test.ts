import type { SchemaElement } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { plainValues } from '../src/plain-values.ts'
import { INVALID, text, valueParser } from '../src/value-parser.ts'

const element = (type: NonNullable<SchemaElement['type']>, more: Partial<SchemaElement> = {}): SchemaElement => ({ name: 'x', type, ...more })

function int64(...values: readonly bigint[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8)
  values.forEach((value, index) => bytes.writeBigInt64LE(value, index * 8))
  return bytes
}
function byteArrays(...values: readonly string[]): Uint8Array {
  return Buffer.concat(values.flatMap((value) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.byteLength(value))
    return [length, Buffer.from(value)]
  }))
}

describe('integers of 64 bits', () => {
  const [max, min] = [BigInt(Number.MAX_SAFE_INTEGER), BigInt(Number.MIN_SAFE_INTEGER)]
  const stored = int64(0n, -1n, 2n ** 32n, -(2n ** 32n) - 5n, max, min)

  test('are numbers where numbers hold them', () => {
    const values = plainValues(stored, element('INT64'), { parse: valueParser('int64', 0, { kind: 'long' }) ?? 'as-is', safeIntegers: true })
    expect(Array.from(values?.take(4) ?? [])).toEqual([0, -1, 2 ** 32, -(2 ** 32) - 5])
    expect(values?.sound).toBe(true)
    expect(Array.from(values?.take(2) ?? []).slice(0, 2)).toEqual([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
  })

  test.each([max + 1n, min - 1n, 2n ** 63n - 1n, -(2n ** 63n)])('%s is invalid as a number, and exact as a bigint', (value) => {
    const asLong = plainValues(int64(value), element('INT64'), { parse: valueParser('int64', 0, { kind: 'long' }) ?? 'as-is', safeIntegers: true })
    expect([Array.from(asLong?.take(1) ?? []), asLong?.sound]).toEqual([[INVALID], false])
    const asBigint = plainValues(int64(value), element('INT64'), { parse: valueParser('int64', 0, { kind: 'bigint' }) ?? 'as-is', safeIntegers: false })
    expect(Array.from(asBigint?.take(1) ?? [])).toEqual([value])
  })
})

describe('texts', () => {
  const parsing = { parse: text, safeIntegers: false }

  test('short and long, of ASCII and beyond, the same again', () => {
    const texts = ['', 'a', 'twelve bytes', 'thirteen byte', 'größe', '水車', 'a much longer text with größe', 'größe', 'a']
    const values = plainValues(byteArrays(...texts), element('BYTE_ARRAY'), parsing)
    expect([...Array.from(values?.take(4) ?? []), ...Array.from(values?.take(5) ?? [])]).toEqual(texts)
  })

  test.each([
    ['a length beyond the page', Buffer.from([5, 0, 0, 0, 0x61])],
    ['a length of 2^32 − 1', Buffer.from([255, 255, 255, 255, 0x61])],
    ['half a length', Buffer.from([1, 0])],
  ])('%s is refused', (_name, bytes) => expect(() => plainValues(bytes, element('BYTE_ARRAY'), parsing)?.take(1)).toThrow('expected'))
})

test.each([
  ['DOUBLE', 8],
  ['FLOAT', 4],
  ['INT32', 4],
  ['INT64', 8],
] as const)('%s beyond the page is refused, and what is no whole value is left', (type, size) => {
  const values = plainValues(Buffer.alloc(size * 2 + 1), element(type), { parse: 'as-is', safeIntegers: true })
  expect(Array.from(values?.take(2) ?? []).map(Number)).toEqual([0, 0])
  expect(() => values?.take(1)).toThrow('found 2')
})

test('booleans are bits, lowest first, and numbers may begin at any byte', () => {
  expect(Array.from(plainValues(Buffer.from([0b101]), element('BOOLEAN'), { parse: 'as-is', safeIntegers: false })?.take(4) ?? [])).toEqual([true, false, true, false])
  const bytes = Buffer.alloc(20)
  bytes.writeDoubleLE(1.5, 3)
  expect(Array.from(plainValues(bytes.subarray(3, 11), element('DOUBLE'), { parse: 'as-is', safeIntegers: false })?.take(1) ?? [])).toEqual([1.5])
})

test('what only hyparquet decodes is left to it', () => {
  const parsing = { parse: 'as-is', safeIntegers: false } as const
  expect(plainValues(Buffer.alloc(12), element('INT96'), parsing)).toBeUndefined()
  expect(plainValues(Buffer.alloc(2), element('FIXED_LEN_BYTE_ARRAY', { type_length: 2, logical_type: { type: 'FLOAT16' } }), parsing)).toBeUndefined()
})
