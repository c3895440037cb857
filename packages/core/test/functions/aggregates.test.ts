import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts'
import { maxBy, minBy } from '../../src/functions/aggregates-by.ts'
import { collect } from '../../src/functions/aggregates-collect.ts'
import { combineAggregates } from '../../src/functions/aggregates-combine.ts'
import { quantile } from '../../src/functions/aggregates-quantile.ts'
import { count, max, mean, min, sum } from '../../src/functions/aggregates.ts'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import type { AnyType } from '../../src/types/type-information.ts'

interface Item {
  readonly id: number
  readonly x: number | null
}
const x = (item: Item): number | null => item.x
const items = fc.array(fc.record({ id: fc.nat(99), x: fc.option(fc.integer({ min: -50, max: 50 })) }), { maxLength: 20 })
const itemsOf = (...values: readonly (number | null)[]): readonly Item[] => values.map((value, id) => ({ id, x: value }))

const written = (type: AnyType | undefined, value: unknown): unknown => {
  const output = createDataOutput()
  type?.serializer.write(value as never, output)
  return type?.serializer.read(createDataInput(output.bytes()))
}

/** The result in one go; and again over parts that were written, read and merged: both must agree. */
function evaluate<A, R>(aggregate: AggregateFunction<Item, A, R>, values: readonly Item[], cut = values.length >> 1): R {
  const fold = (part: readonly Item[]): A => part.reduce((accumulator, value) => aggregate.add(value, accumulator), aggregate.createAccumulator())
  const whole = aggregate.getResult(fold(values))
  const later = fold(values.slice(cut))
  const before = structuredClone(later)
  const merged = aggregate.merge?.(written(aggregate.accumulatorType, fold(values.slice(0, cut))) as A, later) as A
  expect(aggregate.getResult(merged)).toEqual(whole)
  expect(later).toEqual(before)
  expect(written(aggregate.resultType, whole)).toEqual(whole)
  return whole
}

describe('built-in aggregates leave nulls out, merge, and survive their codecs', () => {
  it('agree with plain folds over the values', () => {
    fc.assert(
      fc.property(items, fc.nat(20), (values, cut) => {
        const numbers = values.flatMap((value) => (value.x === null ? [] : [value.x]))
        const orNull = <R>(value: R): R | null => (numbers.length === 0 ? null : value)
        const total = numbers.reduce((a, b) => a + b, 0)
        expect(evaluate(count<Item>(), values, cut)).toBe(values.length)
        expect(evaluate(count(x), values, cut)).toBe(numbers.length)
        expect(evaluate(sum(x), values, cut)).toBe(orNull(total))
        expect(evaluate(mean(x), values, cut)).toBe(orNull(total / numbers.length))
        expect(evaluate(min(x), values, cut)).toBe(orNull(Math.min(...numbers)))
        expect(evaluate(max(x), values, cut)).toBe(orNull(Math.max(...numbers)))
        expect(evaluate(collect(x), values, cut)).toEqual(numbers)
        const sorted = values.filter((value) => value.x !== null).sort((a, b) => (a.x as number) - (b.x as number))
        const least = sorted[0] ?? null
        const greatest = sorted.find((value) => value.x === sorted.at(-1)?.x) ?? null
        expect(evaluate(minBy(x), values, cut)).toEqual(least)
        expect(evaluate(maxBy(x), values, cut)).toEqual(greatest)
      }),
      { numRuns: 150 },
    )
  })

  it('order strings and bigints, and NaN above all numbers', () => {
    const strings = ['b', 'a', 'c'].reduce((accumulator, value) => max((each: string) => each).add(value, accumulator), max((each: string) => each).createAccumulator())
    expect(strings).toEqual({ value: 'c' })
    expect(evaluate(max(x), itemsOf(1, Number.NaN, 9))).toBe(Number.NaN)
    expect(evaluate(min(x), itemsOf(Number.NaN, 1, 9))).toBe(1)
    expect(evaluate(min((item: Item) => BigInt(item.id)), itemsOf(4, 5))).toBe(0n)
  })

  it('results can be null only if the field can (type level)', () => {
    const certain: { getResult(accumulator: never): number } = mean((item: Item) => item.id)
    // @ts-expect-error the field may be null, and so may its mean
    const uncertain: { getResult(accumulator: never): number } = mean(x)
    expect(certain.getResult({ sum: 3, count: 2 } as never)).toBe(1.5)
    expect(uncertain.getResult({ sum: 0, count: 0 } as never)).toBeNull()
  })
})

describe('quantile', () => {
  // DuckDB 1.5: select quantile_cont(x, q) from (values (3.5::double), (-1), (7.25), (100), (2), (null), (8)) t(x)
  it.each([[0.95, 77], [0.5, 5.375], [0.1, 0.5], [0, -1], [1, 100]])('%f is what quantile_cont gives: %f', (q, expected) => {
    expect(evaluate(quantile(x, q), itemsOf(3.5, -1, 7.25, 100, 2, null, 8))).toBe(expected)
  })

  it('interpolates between neighbours: a line through the ranks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 100 }), (numbers, percent) => {
        const sorted = numbers.toSorted((a, b) => a - b)
        const result = evaluate(quantile(x, percent / 100), itemsOf(...numbers)) as number
        const below = sorted.filter((value) => value < result).length
        const rank = (percent / 100) * (numbers.length - 1)
        expect(below).toBeLessThanOrEqual(Math.ceil(rank + 1e-9))
        expect(sorted.filter((value) => value <= result).length).toBeGreaterThanOrEqual(Math.floor(rank - 1e-9) + 1)
      }),
      { numRuns: 100 },
    )
  })

  it('has no value over nothing, keeps infinities apart from NaN, and refuses q outside 0 … 1', () => {
    expect(evaluate(quantile(x, 0.5), itemsOf(null))).toBeNull()
    expect(evaluate(quantile(x, 0.5), itemsOf(Infinity, Infinity))).toBe(Infinity)
    for (const q of [-0.1, 1.1, Number.NaN]) expect(() => quantile(x, q)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_QUANTILE' }))
  })
})

describe('combineAggregates', () => {
  const spec = { flights: count<Item>(), 'mean delay': mean(x), p95: quantile(x, 0.95) }

  it('gives each its result under its name, typed', () => {
    fc.assert(
      fc.property(items, (values) => {
        const result = evaluate(combineAggregates(spec), values)
        const flights: number = result.flights
        const delay: number | null = result['mean delay']
        expect({ flights, 'mean delay': delay, p95: result.p95 }).toEqual({
          flights: evaluate(spec.flights, values),
          'mean delay': evaluate(spec['mean delay'], values),
          p95: evaluate(spec.p95, values),
        })
      }),
      { numRuns: 50 },
    )
  })

  it('merges only if all of them do, and says what it computes', () => {
    const { merge: _merge, ...unmergeable } = count<Item>()
    expect(combineAggregates({ a: count<Item>(), b: unmergeable }).merge).toBeUndefined()
    expect(combineAggregates({ a: count<Item>(), b: mean(x) })).toMatchObject({ name: 'a: count, b: mean', merge: expect.any(Function) })
  })

  it('does the same where code cannot be generated', () => {
    const { Function: original } = globalThis
    globalThis.Function = function refused() {
      throw new EvalError('forbidden')
    } as never
    try {
      expect(evaluate(combineAggregates(spec), itemsOf(1, null, 3))).toEqual({ flights: 3, 'mean delay': 2, p95: 2.9 })
    } finally {
      globalThis.Function = original
    }
  })
})
