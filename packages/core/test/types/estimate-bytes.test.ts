import { expect, it } from 'vitest'
import { estimateBytes } from '../../src/types/estimate-bytes.ts'

it('grows with strings, bytes, fields and elements', () => {
  expect(estimateBytes('x'.repeat(1000))).toBeGreaterThan(1000)
  expect(estimateBytes(new Uint8Array(1000))).toBeGreaterThan(1000)
  expect(estimateBytes({ a: 'x'.repeat(1000), b: 1 })).toBeGreaterThan(1000)
  expect(estimateBytes(Array.from({ length: 1000 }, () => 'x'.repeat(10)))).toBeGreaterThan(10_000)
  expect(estimateBytes(new Map([['k', 'x'.repeat(1000)]]))).toBeGreaterThan(1000)
  expect(estimateBytes(new Set(['x'.repeat(1000)]))).toBeGreaterThan(1000)
  for (const small of [1, true, null, undefined, 1n, new Date(0), () => 1]) expect(estimateBytes(small)).toBeLessThan(100)
})

it('visits a bounded part of what is long, deep or cyclic', () => {
  let visits = 0
  const counted = {
    get value() {
      visits++
      return counted
    },
  }
  expect(estimateBytes(counted)).toBeGreaterThan(0)
  expect(estimateBytes(Array.from({ length: 100_000 }, () => counted))).toBeGreaterThan(100_000 * 24)
  expect(visits).toBeLessThan(600)
})
