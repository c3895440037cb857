import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteBudget } from '../../src/client/byte-budget.ts'

describe('ByteBudget', () => {
  it('grants what fits, and the rest in order as bytes come back', async () => {
    const budget = new ByteBudget(10)
    const order: string[] = []
    await budget.take(6)
    const five = budget.take(5).then(() => order.push('five'))
    const one = budget.take(1).then(() => order.push('one'))
    expect(budget.tryTake(1)).toBe(false) // others were here before
    budget.giveBack(6)
    await Promise.all([five, one])
    expect(order).toEqual(['five', 'one'])
    expect(budget.used).toBe(6)
  })

  it('grants more than it has when nothing else is out', async () => {
    const budget = new ByteBudget(10)
    await budget.take(100)
    expect(budget.tryTake(1)).toBe(false)
    budget.giveBack(100)
    expect(budget.tryTake(10)).toBe(true)
  })

  it('is never overdrawn by several, and forgets nobody', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 30 }), async (sizes) => {
        const budget = new ByteBudget(10)
        let [out, users] = [0, 0]
        const use = async (bytes: number): Promise<void> => {
          await budget.take(bytes)
          out += bytes
          users++
          expect(out <= 10 || users === 1).toBe(true)
          await Promise.resolve()
          out -= bytes
          users--
          budget.giveBack(bytes)
        }
        await Promise.all(sizes.map(use))
        expect(budget.used).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
