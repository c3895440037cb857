import { expect, it } from 'vitest'
import { MAX_PARTS, partBytesAt } from '../../src/write/part-size.ts'

it('begins small, is of one size for long, and suffices for the largest object', () => {
  const first = 8 * 1024 ** 2
  expect([1, 1000, 1001, 2000, 2001].map((number) => partBytesAt(number, first) / first)).toEqual([1, 1, 2, 2, 4])
  let total = 0
  for (let number = 1; number <= MAX_PARTS; number++) total += partBytesAt(number, first)
  expect(total).toBeGreaterThan(7.8 * 1024 ** 4)
  expect(partBytesAt(MAX_PARTS, 512 * 1024 ** 2)).toBe(5 * 1024 ** 3)
})
