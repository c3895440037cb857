import { types } from '@millrace/core'
import type { TypeInformation } from '@millrace/core'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import type { ColumnMetaData } from 'hyparquet'
import { describe, expect, test } from 'vitest'
import { parquet } from '../src/index.ts'
import type { ParquetWriteOptions } from '../src/index.ts'
import { RunLengthDecoder } from '../src/run-length-decoder.ts'
import { bitWidth, packRuns } from '../src/run-length-encoder.ts'
import { compareStored } from '../src/value-range.ts'
import { input, readParquet, writeParquet } from './read-parquet.ts'

test('runs are decoded to what was encoded', () => {
  const run = fc.tuple(fc.nat({ max: 2 ** 20 }), fc.integer({ min: 1, max: 30 })).map(([value, length]) => Array.from({ length }, () => value))
  fc.assert(
    fc.property(fc.array(fc.oneof(run, fc.array(fc.nat({ max: 300 }), { maxLength: 20 })), { maxLength: 8 }), (runs) => {
      const values = Int32Array.from(runs.flat())
      const width = bitWidth(Math.max(0, ...values))
      const bytes = packRuns(values, values.length, width)
      const found = new Int32Array(values.length)
      new RunLengthDecoder(bytes, 0, bytes.length, width).take(found, values.length)
      expect([...found]).toEqual([...values])
    }),
    { numRuns: 300 },
  )
})

test('texts are compared as their bytes are', () => {
  const text = fc.string({ unit: fc.oneof(fc.constantFrom('a', 'é', '水', '\uE000', '\uFFFE', '😀', '\uD800', '\uDC00'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), maxLength: 4 })
  fc.assert(
    fc.property(text, text, (left, right) => {
      const byBytes = Buffer.compare(Buffer.from(left), Buffer.from(right))
      if (byBytes !== 0) expect(Math.sign(compareStored(left, right))).toBe(byBytes)
    }),
    { numRuns: 500 },
  )
})

async function roundTrip<T>(type: TypeInformation<T>, values: readonly T[], options: ParquetWriteOptions = {}): Promise<{ readonly meta: ColumnMetaData; readonly found: readonly T[] }> {
  const Row = types.row({ x: type }) as unknown as TypeInformation<{ readonly x: T }>
  const file = writeParquet(parquet(Row, options).fileWriter, values.map((x) => ({ x })))
  const meta = parquetMetadata(new Uint8Array(file).buffer).row_groups[0]?.columns[0]?.meta_data as ColumnMetaData
  return { meta, found: (await readParquet(parquet(Row).fileReader, input(file))).rows.map(({ x }) => x) }
}

describe('a dictionary', () => {
  const colours = Array.from({ length: 5000 }, (_, i) => `colour ${i % 7}`)
  const names = Array.from({ length: 5000 }, (_, i) => `name ${i}`)

  test('is made for values that repeat', async () => {
    const { meta, found } = await roundTrip(types.string(), colours)
    expect(found).toEqual(colours)
    expect(meta.encodings).toEqual(['PLAIN', 'RLE_DICTIONARY'])
    expect(meta.statistics).toMatchObject({ min_value: 'colour 0', max_value: 'colour 6' })
  })

  test('is not made for values that do not, and left where they no longer do', async () => {
    const unique = await roundTrip(types.string(), names)
    expect([unique.found, unique.meta.encodings, unique.meta.dictionary_page_offset]).toEqual([names, ['PLAIN'], undefined])
    const few = await roundTrip(types.string(), names.slice(0, 3))
    expect(few.meta.encodings).toEqual(['PLAIN'])
    const long = Array.from({ length: 40 }, (_, i) => 'y'.repeat(50_000) + i)
    const values = [...colours, ...long, ...colours]
    const mixed = await roundTrip(types.string(), values, { pageBytes: 4000 })
    expect(mixed.found).toEqual(values)
    expect(new Set(mixed.meta.encodings)).toEqual(new Set(['PLAIN', 'RLE_DICTIONARY']))
    expect(mixed.meta.statistics).toMatchObject({ min_value: 'colour 0' })
  })

  test('holds one value, or numbers', async () => {
    const same = await roundTrip(types.bigint(), Array.from({ length: 50 }, () => -5n))
    expect([new Set(same.found), same.meta.encodings, same.meta.statistics]).toMatchObject([new Set([-5n]), ['PLAIN', 'RLE_DICTIONARY'], { min_value: -5n, max_value: -5n }])
    const numbers = Array.from({ length: 3000 }, (_, i) => (i % 300) * 1e12 - 1e14)
    const { found, meta } = await roundTrip(types.timestamp(), numbers)
    expect([found, meta.encodings]).toEqual([numbers, ['PLAIN', 'RLE_DICTIONARY']])
  })
})

test('columns of nulls, and of nulls and values in turn', async () => {
  const nulls = Array.from({ length: 500 }, () => null)
  const { found, meta } = await roundTrip(types.int().nullable(), nulls, { pageBytes: 100 })
  expect([found, meta.statistics?.null_count, meta.statistics?.min_value]).toEqual([nulls, 500n, undefined])
  const mixed = Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? null : i / 4))
  expect((await roundTrip(types.double().nullable(), mixed, { pageBytes: 300 })).found).toEqual(mixed)
})

test('statistics of NaN and of both zeros hold for every reader', async () => {
  const numbers = [Number.NaN, 1, -0, 0, -1]
  const { found, meta } = await roundTrip(types.double(), numbers)
  expect(found).toEqual(numbers)
  expect(meta.statistics).toMatchObject({ min_value: -1, max_value: 1 })
  const zeros = (await roundTrip(types.double(), [0, 0])).meta.statistics
  expect([Object.is(zeros?.min_value, -0), Object.is(zeros?.max_value, 0)]).toEqual([true, true])
  expect((await roundTrip(types.double(), [Number.NaN, Number.NaN], { pageBytes: 8 })).meta.statistics?.min_value).toBeUndefined()
})
