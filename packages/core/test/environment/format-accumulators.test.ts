import { expect, it } from 'vitest'
import { formatAccumulators } from '../../src/environment/format-accumulators.ts'

it('gives each accumulator a line, by name', () => {
  expect(formatAccumulators({})).toBe('')
  expect(formatAccumulators({ orders: { kind: 'sum', value: 1234 }, mean: { kind: 'average', value: 2.5 }, sizes: { kind: 'histogram', value: [[1, 3], [2, 1]] } })).toBe('mean: 2.5\norders: 1234\nsizes: 1 × 3, 2 × 1\n')
})
