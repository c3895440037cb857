import fc from 'fast-check'
import { expect, it } from 'vitest'
import { collect } from '../../../src/functions/aggregates-collect.ts'
import { sum } from '../../../src/functions/aggregates.ts'
import { hostileRun } from '../../../src/testing/hostile-run.ts'

interface Item {
  readonly key: string
  readonly n: number
}
const byKey = { keys: [{ kind: 'function', select: ((value: Item) => value.key) as never } as const] }
const items = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), n: fc.integer({ min: -5, max: 5 }) }), { maxLength: 15 })
const eventsOf = (values: readonly Item[]) => values.map((value, index) => ({ kind: 'element' as const, value, timestamp: index }))
const recordsOf = async (...args: Parameters<typeof hostileRun>) => (await hostileRun(...args)).flatMap((event) => (event.kind === 'record' ? [event] : []))

it('reduce and aggregate emit the new result for every element, with its timestamp', async () => {
  await fc.assert(
    fc.asyncProperty(items, async (values) => {
      const totals = new Map<string, number>()
      const expected = values.map(({ key, n }, index) => {
        totals.set(key, (totals.get(key) ?? 0) + n)
        return { kind: 'record', value: { key, n: totals.get(key) }, timestamp: index }
      })
      const add = (a: Item, b: Item): Item => ({ key: a.key, n: a.n + b.n })
      const finish = (n: number, key: string): Item => ({ key, n })
      expect(await recordsOf({ kind: 'reduce', reduce: add as never }, eventsOf(values), byKey)).toEqual(expected)
      expect(await recordsOf({ kind: 'aggregate', aggregate: sum((value: Item) => value.n) as never, finish: finish as never }, eventsOf(values), byKey)).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})

it('what was emitted does not change with later elements', async () => {
  const values = [1, 2].map((n) => ({ key: 'a', n }))
  const records = await recordsOf({ kind: 'aggregate', aggregate: collect((value: Item) => value.n) as never }, eventsOf(values), byKey)
  expect(records.map(({ value }) => value)).toEqual([[1], [1, 2]])
})

it('an element whose function throws leaves the accumulator as it was', async () => {
  const aggregate = {
    createAccumulator: () => ({ sum: 0 }),
    add(value: Item, accumulator: { sum: number }) {
      accumulator.sum += value.n
      if (value.n === 13) throw new Error('unlucky')
      return accumulator
    },
    getResult: ({ sum: total }: { sum: number }) => total,
  }
  const values = [1, 13, 2].map((n) => ({ key: 'a', n }))
  const records = await recordsOf({ kind: 'aggregate', aggregate: aggregate as never }, eventsOf(values), { ...byKey, onError: 'skip' })
  expect(records.map(({ value }) => value)).toEqual([1, 3])
})
