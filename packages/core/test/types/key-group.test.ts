import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { computeDefaultMaxParallelism, computeKeyGroupRangeForOperatorIndex, computeOperatorIndexForKeyGroup } from '../../src/types/key-group.ts'

describe('key groups', () => {
  it('are split into adjoining ranges that agree with the subtask of each group, at every parallelism', () => {
    const sizes = fc.oneof(fc.constantFrom(1, 128, 129), fc.integer({ min: 1, max: 400 }))
    fc.assert(
      fc.property(sizes, (maxParallelism) => {
        for (let parallelism = 1; parallelism <= maxParallelism; parallelism += maxParallelism > 130 ? 7 : 1) {
          let next = 0
          for (let index = 0; index < parallelism; index++) {
            const { start, end } = computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, index)
            if (start !== next || end < start)
              throw new Error(`subtask ${index} of ${parallelism} owns ${start} to ${end}, expected to start at ${next}`)
            const owners = [start, end].map((group) => computeOperatorIndexForKeyGroup(maxParallelism, parallelism, group))
            if (owners[0] !== index || owners[1] !== index)
              throw new Error(`groups ${start} and ${end} belong to ${owners.join(' and ')}, expected ${index}`)
            next = end + 1
          }
          expect(next).toBe(maxParallelism)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('follow the integer formulas of KeyGroupRangeAssignment up to the largest maximum', () => {
    const cases = fc
      .integer({ min: 1, max: 32_768 })
      .chain((max) => fc.tuple(fc.constant(max), fc.integer({ min: 1, max })))
      .chain(([max, p]) => fc.tuple(fc.constant(max), fc.constant(p), fc.integer({ min: 0, max: p - 1 })))
    fc.assert(
      fc.property(cases, ([maxParallelism, parallelism, index]) => {
        const start = index === 0 ? 0 : Math.trunc((index * maxParallelism - 1) / parallelism) + 1
        const end = Math.trunc(((index + 1) * maxParallelism - 1) / parallelism)
        expect(computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, index)).toEqual({ start, end })
      }),
      { numRuns: 500 },
    )
  })

  it('default to one and a half times the parallelism as a power of two within bounds', () => {
    const expected = [
      [1, 128],
      [85, 128],
      [86, 256],
      [128, 256],
      [170, 256],
      [171, 256],
      [172, 512],
      [1000, 2048],
      [21_845, 32_768],
      [30_000, 32_768],
    ] as const
    for (const [parallelism, maxParallelism] of expected)
      expect([parallelism, computeDefaultMaxParallelism(parallelism)]).toEqual([parallelism, maxParallelism])
  })

  it('refuse more subtasks than there are groups', () => {
    expect(() => computeKeyGroupRangeForOperatorIndex(4, 5, 0)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARALLELISM', origin: 'user' }))
  })
})
