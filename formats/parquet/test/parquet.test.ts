import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { types } from '@millrace/core'
import { MillraceError } from '@millrace/core/spi'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parquet } from '../src/index.ts'
import { data, input, readParquet } from './read-parquet.ts'

const signal = new AbortController().signal
const Row = types.row({ id: types.long(), name: types.string(), maybe: types.int().nullable() })
const groups = Array.from({ length: 5000 }, (_, id) => ({ id, name: `name ${id % 10}`, maybe: id % 7 === 0 ? null : id }))

describe('types', () => {
  const [expected, nulls] = [
    {
      flag: true, tiny: -128, ushort: 65535, int: -(2 ** 31), uint: 2 ** 32 - 1, long: 9007199254740991n, ulong: 18446744073709551615n,
      float: Math.fround(0.1), double: 0.1, dec4: '1234567.89', dec8: '-0.005', dec16: '-12345678901234567890.0123456789',
      day: -1, time: 86_399_999, ts: -1, ts_ms: Date.UTC(2001, 1, 3, 4, 5, 6, 789), ts_ns: Date.UTC(2001, 1, 3, 4, 5, 6, 789), tz: Date.UTC(2001, 1, 3, 3, 5, 6),
      text: 'é漢', data: Uint8Array.of(0, 255), id: '123e4567-e89b-12d3-a456-426614174000', color: 'red', doc: { a: [1] },
      list: [1, null, 3], struct: { x: 1n, y: 'z' }, map: new Map([['k', 1.5]]),
    },
    null,
  ]

  test('without a row type are those of the file', async () => {
    const { rows, bad } = await readParquet(parquet().fileReader, input(data('types')))
    expect(rows[0]).toEqual(expected)
    expect(rows[1]).toEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, nulls])))
    expect(bad).toEqual([])
  })

  test('with a row type are its own', async () => {
    const Typed = types.row({
      int: types.double().nullable(), uint: types.bigint().nullable(), long: types.long().nullable(), ulong: types.bigint().nullable(), tiny: types.int().nullable(),
      float: types.double().nullable(), dec4: types.double().nullable(), dec8: types.decimal(20, 5).nullable(), day: types.timestamp().nullable(),
      text: types.bytes().nullable(), data: types.bytes().nullable(), color: types.enumOf('red', 'green').nullable(), doc: types.string().nullable(),
      list: types.list(types.int().nullable()).nullable(), struct: types.row({ x: types.long(), y: types.string() }).nullable(), map: types.map(types.string(), types.double()).nullable(),
    })
    const { rows, bad } = await readParquet(parquet(Typed).fileReader, input(data('types')))
    expect(bad).toEqual([])
    expect(rows[0]).toEqual({
      int: -(2 ** 31), uint: 4294967295n, long: 9007199254740991, ulong: 18446744073709551615n, tiny: -128,
      float: Math.fround(0.1), dec4: 1234567.89, dec8: '-0.00500', day: -86_400_000,
      text: new Uint8Array(Buffer.from('é漢')), data: Uint8Array.of(0, 255), color: 'red', doc: '{"a":[1]}',
      list: [1, null, 3], struct: { x: 1, y: 'z' }, map: new Map([['k', 1.5]]),
    })
    expect(new Set(Object.values(rows[1] as object))).toEqual(new Set([null]))
  })

  test.each(['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw'])('are read from %s', async (codec) => {
    const Named = types.row({ name: types.string(), id: types.long() })
    const { rows } = await readParquet(parquet(Named).fileReader, input(data(codec)))
    expect(rows).toEqual(groups.slice(0, 100).map(({ id, name }) => ({ name, id })))
  })
})

describe('rows', () => {
  const { fileReader } = parquet(Row)

  test('come in batches of a thousand with their numbers, across row groups', async () => {
    const { rows, batches } = await readParquet(fileReader, input(data('groups')))
    expect(rows).toEqual(groups)
    expect(batches.map((batch) => [batch.position, batch.values.length])).toEqual([[0, 1000], [1000, 1000], [2000, 48], [2048, 1000], [3048, 1000], [4048, 48], [4096, 904]])
  })

  test('are the same from any position of any range', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(5000), fc.nat(5000), fc.nat(5000), async (a, b, c) => {
        const [start, position, end] = [a, b, c].sort((x, y) => x - y) as [number, number, number]
        expect((await readParquet(fileReader, input(data('groups')), { range: { start, end } })).rows).toEqual(groups.slice(start, end))
        expect((await readParquet(fileReader, input(data('groups')), { range: { start, end }, position })).rows).toEqual(groups.slice(position, end))
      }),
      { numRuns: 20 },
    ))

  test('of the planned ranges are all rows once, cut between row groups', async () => {
    const ranges = (await fileReader.planRanges?.(input(data('groups')), { targetBytes: 1, signal })) ?? []
    expect(ranges).toEqual([{ start: 0, end: 2048 }, { start: 2048, end: 4096 }, { start: 4096, end: 5000 }])
    expect(await fileReader.planRanges?.(input(data('groups')), { targetBytes: 1e9, signal })).toEqual([{ start: 0, end: 5000 }])
    const parts = await Promise.all(ranges.map((range) => readParquet(fileReader, input(data('groups')), { range })))
    expect(parts.flatMap((part) => part.rows)).toEqual(groups)
  })

  test('are read without the columns that nobody asks for', async () => {
    const [few, all] = [input(data('groups')), input(data('groups'))]
    await readParquet(parquet(types.row({ name: types.string() })).fileReader, few)
    await readParquet(fileReader, all)
    const footer = data('groups').length // smaller than what is read for the footer at once
    expect(few.readBytes - footer).toBeLessThan((all.readBytes - footer) / 3)
  })
})

describe('bad records', () => {
  test('are integers that a number cannot hold, never rounded', async () => {
    const { rows, bad, batches } = await readParquet(parquet(types.row({ id: types.long().nullable() })).fileReader, input(data('large-integers')))
    expect(rows.map((row) => row.id)).toEqual([1, null, 2])
    expect(bad.map(({ index, record }) => [index, record.offset, record.field, record.code])).toEqual([[1, 1, 'id', 'PARQUET_VALUE'], [2, 3, 'id', 'PARQUET_VALUE']])
    expect(bad[0]?.record).toMatchObject({ raw: null, source: 'in.parquet', reason: expect.stringContaining('types.bigint()') })
    expect(batches.length).toBe(1)
    const exact = await readParquet(parquet(types.row({ id: types.bigint().nullable() })).fileReader, input(data('large-integers')))
    expect(exact.rows.map((row) => row.id)).toEqual([1n, 9007199254740993n, null, -9007199254740992n, 2n])
  })

  test('are nulls where the type has none, and text that no enum has', async () => {
    const nulls = await readParquet(parquet(types.row({ id: types.bigint() })).fileReader, input(data('large-integers')))
    expect(nulls.bad.map(({ record }) => [record.offset, record.reason])).toEqual([[2, 'Column id: expected bigint, found null']])
    const colors = await readParquet(parquet(types.row({ color: types.enumOf('blue').nullable() })).fileReader, input(data('types')))
    expect(colors.bad.map(({ record }) => record.offset)).toEqual([0])
  })
})

describe('files that cannot be read', () => {
  const { fileReader } = parquet(Row)

  test('for a missing column or another type name both', async () => {
    await expect(readParquet(parquet(types.row({ nme: types.string() })).fileReader, input(data('groups')))).rejects.toMatchObject({
      code: 'PARQUET_COLUMNS',
      message: expect.stringMatching(/in\.parquet: .*needs a column nme, found id, name, maybe/),
    })
    await expect(readParquet(parquet(types.row({ id: types.string() })).fileReader, input(data('groups')))).rejects.toMatchObject({
      code: 'PARQUET_COLUMNS',
      message: expect.stringMatching(/id holds int64 \(INT64\), which cannot be read as string/),
    })
    await expect(readParquet(parquet(types.row({ list: types.int() })).fileReader, input(data('types')))).rejects.toMatchObject({ code: 'PARQUET_COLUMNS' })
    expect(() => parquet(types.string() as never)).toThrow(expect.objectContaining({ code: 'PARQUET_UNSUPPORTED_TYPE' }))
  })

  test('for damage say so, with path and remedy', async () => {
    const whole = data('groups')
    for (const bytes of [Buffer.alloc(0), Buffer.from('PAR1'), whole.subarray(0, 12_000), Buffer.from('id,name\n1,x\n2,y\n'), whole.subarray(2000)]) {
      const damage = { code: 'PARQUET_FILE', origin: 'external', message: expect.stringMatching(/in\.parquet.*write or copy it again/s) }
      await expect(readParquet(fileReader, input(bytes))).rejects.toMatchObject(damage)
    }
    await expect(fileReader.planRanges?.(input(Buffer.alloc(0)), { targetBytes: 1, signal })).rejects.toMatchObject({ code: 'PARQUET_FILE' })
  })

  test('never hang and never fail but with an error of ours, whatever byte is wrong', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(data('groups').length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = data('groups')
        bytes[at] = (bytes[at] as number) ^ flip
        try {
          expect((await readParquet(fileReader, input(bytes))).batches.length).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(MillraceError.is(error) && error.code.startsWith('PARQUET_')).toBe(true)
        }
      }),
      { numRuns: 150 },
    ))

  test('for reasons of the store keep its error', async () => {
    const failing = { ...input(data('groups')), bytes: { size: 17163, read: () => Promise.reject(new MillraceError('FS_IO', 'gone', { origin: 'external', retryable: true })) } }
    await expect(readParquet(fileReader, failing)).rejects.toMatchObject({ code: 'FS_IO', retryable: true })
  })

  test('are left when reading is aborted', async () => {
    const reader = fileReader.open(input(data('groups')), { signal: AbortSignal.abort(new Error('stop')) })
    await expect(reader.readBatch()).rejects.toThrow('stop')
  })
})

test('the flights of a row group add up to what DuckDB finds', async () => {
  const Flight = types.row({ date: types.timestamp(), origin: types.string(), delay: types.int(), distance: types.long() })
  const path = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')))
  const file = input(readFileSync(path))
  const { fileReader } = parquet(Flight)
  const ranges = (await fileReader.planRanges?.(file, { targetBytes: 1, signal })) ?? []
  expect(ranges.length).toBe(11)
  expect(ranges.at(-1)?.end).toBe(3_000_000)
  const { rows, bad } = await readParquet(fileReader, file, { range: ranges[0] as { start: number; end: number } })
  const sum = (of: (row: (typeof rows)[number]) => number): bigint => rows.reduce((total, row) => total + BigInt(of(row)), 0n)
  expect([rows.length, bad.length, sum((row) => row.delay), sum((row) => row.date), sum((row) => row.distance)]).toEqual([272_727, 0, 2_109_807n, 267_009_191_726_640_000n, 198_980_910n])
  expect(new Set(rows.map((row) => row.origin)).size).toBe(223)
})
