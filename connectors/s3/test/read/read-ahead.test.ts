import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../../src/client/byte-budget.ts'
import { ReadAhead } from '../../src/read/read-ahead.ts'

const MIB = 1024 * 1024

function over(size: number, maxBytes: number, budgetBytes = 1 << 30) {
  const fetched: (readonly [number, number])[] = []
  const budget = new ByteBudget(budgetBytes)
  const ahead = new ReadAhead({
    size,
    maxBytes,
    budget,
    fetch(start, end) {
      fetched.push([start, end])
      return Promise.resolve(Uint8Array.from({ length: end - start }, (_, i) => (start + i) % 251))
    },
  })
  return { ahead, fetched, budget }
}

describe('ReadAhead', () => {
  it('fetches only what is asked for by a reader that jumps', async () => {
    const { ahead, fetched } = over(10_000, 16 * MIB)
    const asked = [[9000, 10_000], [0, 100], [500, 600], [600, 700], [100, 200]] as const
    for (const [start, end] of asked) await ahead.read(start, end)
    expect(fetched).toEqual(asked)
  })

  it('reads further and further ahead of one that reads in order, and nothing twice', async () => {
    const size = 10_000
    const { ahead, fetched, budget } = over(size, 2000)
    for (let start = 0; start < size; start += 100) await ahead.read(start, start + 100)
    expect(fetched.slice(0, 4)).toEqual([[0, 100], [100, 200], [300, 400], [200, 300]])
    const total = fetched.reduce((sum, [start, end]) => sum + end - start, 0)
    expect(total).toBe(size)
    expect(Math.max(...fetched.map(([start, end]) => end - start))).toBeGreaterThan(500)
    expect(budget.used).toBe(0)
  })

  it('gives the budget back when it is closed, and reads on without one', async () => {
    const { ahead, budget } = over(10_000, 2000)
    for (let start = 0; start < 500; start += 100) await ahead.read(start, start + 100)
    expect(budget.used).toBeGreaterThan(0)
    ahead.close()
    expect(budget.used).toBe(0)
    const poor = over(10_000, 2000, 1)
    expect(poor.budget.tryTake(1)).toBe(true)
    for (let start = 0; start < 500; start += 100) await poor.ahead.read(start, start + 100)
    expect(poor.fetched).toHaveLength(5)
  })

  it('gives every reader the bytes it asked for, and takes no more than its budget', async () => {
    const read = fc.oneof(
      { weight: 4, arbitrary: fc.record({ next: fc.integer({ min: 1, max: 300 }) }) },
      { weight: 1, arbitrary: fc.record({ at: fc.integer({ min: 0, max: 4999 }), length: fc.integer({ min: 1, max: 300 }) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(read, { maxLength: 40 }), fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 1, max: 1000 }), async (reads, maxBytes, budgetBytes) => {
        const { ahead, budget } = over(5000, maxBytes, budgetBytes)
        let position = 0
        const pending: Promise<void>[] = []
        for (const each of reads) {
          const start = 'next' in each ? position : each.at
          const end = Math.min(5000, start + ('next' in each ? each.next : each.length))
          if (start === end) continue
          position = end
          pending.push(ahead.read(start, end).then((bytes) => expect([...bytes]).toEqual(Array.from({ length: end - start }, (_, i) => (start + i) % 251))))
          expect(budget.used).toBeLessThanOrEqual(Math.max(budgetBytes, 1500))
        }
        await Promise.all(pending)
        ahead.close()
        expect(budget.used).toBe(0)
      }),
      { numRuns: 150 },
    )
  })
})
