import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parquet } from '../src/index.ts'
import type { ParquetFilter } from '../src/index.ts'
import { input, readParquet, writeParquet } from './read-parquet.ts'

const Row = types.row({
  id: types.long(), big: types.bigint().nullable(), n: types.int().nullable(), f: types.double(), s: types.string(), at: types.timestamp().nullable(), day: types.date(), time: types.time(), flag: types.boolean(), tags: types.list(types.int()),
})

const count = 3000
const rows = Array.from({ length: count }, (_, i) => ({
  id: i, big: i % 5 === 0 ? null : BigInt(i) * 10n ** 13n, n: i % 7 === 0 ? null : i % 100, f: i / 3, s: `${'aé漢z'[Math.floor(i / 750)]}${String(i).padStart(5, '0')}`, at: i % 11 === 0 ? null : i * 60_000, day: Math.floor(i / 24), time: (i % 1440) * 60_000, flag: i % 2 === 0, tags: [i],
}))
const file = writeParquet(parquet(Row, { rowGroupRows: 500, pageBytes: 400, bloomFilters: ['s', 'n'] }).fileWriter, rows)

const value = {
  id: fc.nat(count + 10), big: fc.nat(count).map((i) => BigInt(i) * 10n ** 13n), n: fc.nat(110), f: fc.oneof(fc.nat(count).map((i) => i / 3), fc.constant(Number.NaN)), s: fc.nat(count + 10).map((i) => rows[i]?.s ?? 'zz'), at: fc.nat(count).map((i) => i * 60_000 + (i % 2)), day: fc.nat(130), time: fc.nat(86_399_999), flag: fc.boolean(),
}

const filterOf = fc.constantFrom(...(Object.keys(value) as (keyof typeof value)[])).chain((name) => {
  const one: fc.Arbitrary<unknown> = value[name]
  const nullable = ['big', 'n', 'at'].includes(name) ? fc.option(one, { freq: 8 }) : one
  const condition = fc.oneof(fc.record({ eq: nullable }), fc.record({ in: fc.array(nullable, { maxLength: 4 }) }), fc.record({ gt: one, gte: one, lt: one, lte: one }, { requiredKeys: [] }))
  return condition.map((each) => ({ [name]: each }))
})

type Condition = Readonly<Record<string, unknown>>

/** The same in the plainest words. */
function satisfies(row: Readonly<Record<string, unknown>>, filter: Readonly<Record<string, Condition>>): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    const found = row[name] as number | null
    return Object.entries(condition).every(([operator, target]) => {
      if (operator === 'eq') return found === target
      if (operator === 'in') return (target as unknown[]).some((each) => Object.is(each, found))
      if (found === null) return false
      if (operator === 'gt') return found > (target as number)
      if (operator === 'gte') return found >= (target as number)
      return operator === 'lt' ? found < (target as number) : found <= (target as number)
    })
  })
}

test('a filter gives exactly the rows that satisfy it, in any range and from any batch', () =>
  fc.assert(
    fc.asyncProperty(filterOf, fc.option(filterOf), fc.nat(count), async (first, second, cut) => {
      const filter = { ...second, ...first } as ParquetFilter<object>
      const { fileReader } = parquet(Row, { filter })
      const expected = rows.filter((row) => satisfies(row, filter as never))
      const all = await readParquet(fileReader, input(file))
      expect(all.rows).toEqual(expected)
      const parts = [await readParquet(fileReader, input(file), { range: { start: 0, end: cut } }), await readParquet(fileReader, input(file), { range: { start: cut, end: count } })]
      expect(parts.flatMap((part) => part.rows)).toEqual(expected)
      const last = all.batches.at(-1)
      if (last !== undefined) expect((await readParquet(fileReader, input(file), { position: last.position })).rows).toEqual(last.values)
    }),
    { numRuns: 150 },
  ))

describe('data that cannot satisfy it', () => {
  const bytesRead = async (filter: ParquetFilter<object>): Promise<number> => {
    const from = input(file)
    await readParquet(parquet(Row, { filter }).fileReader, from)
    return from.readBytes
  }

  test('are not read: row groups by statistics, pages by their index, other columns without rows', async () => {
    const all = await bytesRead({})
    expect(await bytesRead({ id: { lt: 0 } } as never)).toBeLessThan(all / 2)
    expect(await bytesRead({ id: { eq: 1234 } } as never)).toBeLessThan((all * 3) / 4)
    expect(await bytesRead({ at: { gte: 2_500 * 60_000 } } as never)).toBeLessThan((all * 3) / 4)
    expect(await bytesRead({ s: { eq: 'a' } } as never)).toBeLessThan(all / 2)
  })

  test('do not count in planned ranges', async () => {
    const signal = new AbortController().signal
    const plan = async (filter: ParquetFilter<object>): Promise<number> => (await parquet(Row, { filter }).fileReader.planRanges?.(input(file), { targetBytes: 1, signal }))?.length ?? 0
    expect(await plan({})).toBe(6)
    expect(await plan({ id: { gte: 2600 } } as never)).toBe(1)
  })
})

test('conditions that cannot be are refused when the format is made', () => {
  for (const filter of [{ nope: { eq: 1 } }, { tags: { eq: 1 } }, { id: { like: 1 } }]) expect(() => parquet(Row, { filter: filter as never })).toThrow(expect.objectContaining({ code: 'PARQUET_OPTION' }))
})
