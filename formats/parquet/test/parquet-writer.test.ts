import { types } from '@millrace/core'
import type { TypeInformation } from '@millrace/core/spi'
import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { describe, expect, test } from 'vitest'
import { parquet } from '../src/index.ts'
import type { ParquetWriteOptions } from '../src/index.ts'
import { input, readParquet, writeParquet } from './read-parquet.ts'

interface Case {
  readonly type: TypeInformation<unknown>
  readonly value: fc.Arbitrary<unknown>
}

const of = (type: unknown, value: fc.Arbitrary<unknown>): Case => ({ type: type as TypeInformation<unknown>, value })
const decimalOf = (precision: number, scale: number): Case => {
  const limit = 10n ** BigInt(precision) - 1n
  const text = (unscaled: bigint): string => `${unscaled < 0n ? '-' : ''}${(unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0').replace(new RegExp(`(.{${scale}})$`), scale === 0 ? '' : '.$1')}`
  return of(types.decimal(precision, scale), fc.bigInt({ min: -limit, max: limit }).map(text))
}

const simple: readonly Case[] = [
  of(types.boolean(), fc.boolean()),
  of(types.int(), fc.oneof(fc.integer(), fc.integer({ min: 0, max: 3 }))),
  of(types.long(), fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1))),
  of(types.bigint(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  of(types.float(), fc.float()),
  of(types.double(), fc.double()),
  of(types.string(), fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.constantFrom('', 'a', 'b'))),
  of(types.bytes(), fc.uint8Array({ maxLength: 30 }).map((each) => new Uint8Array(each))),
  of(types.timestamp(), fc.integer({ min: -8.64e15, max: 8.64e15 })),
  of(types.date(), fc.integer({ min: -1e8, max: 1e8 })),
  of(types.time(), fc.integer({ min: 0, max: 86_399_999 })),
  decimalOf(4, 2),
  decimalOf(18, 6),
  decimalOf(38, 10),
  of(types.enumOf('red', 'green'), fc.constantFrom('red', 'green')),
]

const anyCase: fc.Arbitrary<Case> = fc.letrec<{ any: Case }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.constantFrom(...simple),
    tie('any').map(({ type, value }) => of(type.nullable(), type.schema.kind === 'nullable' ? value : fc.option(value))),
    tie('any').map(({ type, value }) => of(types.list(type), fc.array(value, { maxLength: 4 }))),
    tie('any').map(({ type, value }) => of(types.map(types.string(), type), fc.array(fc.tuple(fc.string({ maxLength: 5 }), value), { maxLength: 4 }).map((entries) => new Map(entries)))),
    tie('any').map(({ type, value }) => of(types.map(types.int(), type), fc.array(fc.tuple(fc.integer(), value), { maxLength: 4 }).map((entries) => new Map(entries)))),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map(row),
  ),
})).any

function row(cases: readonly Case[]): Case {
  const names = cases.map((_, index) => `f${index}`)
  const value = fc.tuple(...cases.map((each) => each.value)).map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]])))
  return of(types.row(Object.fromEntries(cases.map(({ type }, index) => [`f${index}`, type]))), value)
}

const table = fc.array(anyCase, { minLength: 1, maxLength: 4 }).chain((cases) => {
  const { type, value } = row(cases)
  return fc.record({ type: fc.constant(type as TypeInformation<object>), schema: fc.constant(type.schema), rows: fc.array(value as fc.Arbitrary<object>, { maxLength: 25 }) })
})

test('rows of any type are read back as they were written', () =>
  fc.assert(
    fc.asyncProperty(table, fc.constantFrom('uncompressed', 'snappy', 'gzip', 'zstd'), fc.integer({ min: 1, max: 10 }), fc.boolean(), async ({ type, rows }, codec, rowGroupRows, dictionary) => {
      const { fileReader, fileWriter } = parquet(type, { codec, rowGroupRows, pageBytes: 30, dictionary })
      const { rows: found, bad } = await readParquet(fileReader, input(writeParquet(fileWriter, rows)))
      expect(bad).toEqual([])
      expect(found).toEqual(rows)
    }),
    { numRuns: 200 },
  ))

const Flight = types.row({ id: types.long(), origin: types.string(), delay: types.int().nullable(), tags: types.list(types.string()) })
const flights = Array.from({ length: 2500 }, (_, id) => ({ id, origin: ['TXL', 'SXF', 'BER'][id % 3] as string, delay: id % 5 === 0 ? null : id % 60, tags: id % 2 === 0 ? [] : ['a', `t${id % 7}`] }))

function footer(options: ParquetWriteOptions): ReturnType<typeof parquetMetadata> {
  const file = writeParquet(parquet(Flight, options).fileWriter, flights)
  return parquetMetadata(new Uint8Array(file).buffer)
}

describe('files', () => {
  test('have row groups of the asked size, by rows and by bytes', () => {
    expect(footer({ rowGroupRows: 1000 }).row_groups.map((group) => Number(group.num_rows))).toEqual([1000, 1000, 500])
    const bySize = footer({ rowGroupBytes: 20_000 }).row_groups.map((group) => Number(group.num_rows))
    expect(bySize.length).toBeGreaterThan(2)
    expect(bySize.reduce((sum, rows) => sum + rows)).toBe(2500)
  })

  test('carry dictionaries, statistics, page indexes, bloom filters and metadata as asked', () => {
    const { row_groups: groups, key_value_metadata: metadata } = footer({ metadata: { owner: 'me' }, bloomFilters: ['origin'], pageBytes: 500 })
    const [id, origin, delay] = groups[0]?.columns ?? []
    expect(metadata).toContainEqual({ key: 'owner', value: 'me' })
    expect(id?.meta_data?.statistics).toMatchObject({ min_value: 0n, max_value: 2499n, null_count: 0n })
    expect(origin?.meta_data).toMatchObject({ encodings: expect.arrayContaining(['RLE_DICTIONARY']), statistics: { min_value: 'BER', max_value: 'TXL' }, codec: 'SNAPPY' })
    expect(origin?.meta_data?.bloom_filter_offset).toBeGreaterThan(0n)
    expect(delay?.meta_data?.statistics).toMatchObject({ null_count: 500n })
    expect(id?.column_index_offset).toBeGreaterThan(0n)
    const bare = footer({ dictionary: false, statistics: false, codec: 'zstd' }).row_groups[0]?.columns[1]
    expect(bare?.meta_data).toMatchObject({ encodings: ['PLAIN'], codec: 'ZSTD' })
    expect(bare?.meta_data?.statistics?.min_value).toBeUndefined()
  })

  test('reach the output row group by row group, in bytes of their own', () => {
    const parts: Uint8Array[] = []
    const writer = parquet(Flight, { rowGroupRows: 500 }).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
    const seen: number[] = []
    for (const flight of flights) {
      writer.write(flight)
      if (parts.length > seen.length) seen.push(flight.id)
    }
    writer.flush()
    expect(seen).toEqual([499, 999, 1499, 1999, 2499])
    void writer.finish()
    expect(parts.length).toBe(6)
    expect(new Set(parts.map(({ buffer }) => buffer)).size).toBe(6)
  })

  test('without rows have the columns', async () => {
    const file = writeParquet(parquet(Flight).fileWriter, [])
    expect((await readParquet(parquet(Flight).fileReader, input(file))).rows).toEqual([])
    expect(parquetMetadata(new Uint8Array(file).buffer).schema.map(({ name }) => name)).toEqual(['root', 'id', 'origin', 'delay', 'tags', 'list', 'element'])
  })

  test('stay sound when a row is refused in the middle', async () => {
    const parts: Uint8Array[] = []
    const writer = parquet(Flight).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
    const [first, second] = flights as [(typeof flights)[0], (typeof flights)[0]]
    writer.write(first)
    expect(() => writer.write({ ...second, delay: 1.5 })).toThrow(expect.objectContaining({ code: 'PARQUET_TYPE_MISMATCH', at: { field: 'delay' }, message: expect.stringContaining('found number 1.5') }))
    expect(() => writer.write({ ...second, tags: ['x', null as never] })).toThrow(expect.objectContaining({ at: { field: 'tags[]' } }))
    expect(() => writer.write(null as never)).toThrow(expect.objectContaining({ code: 'PARQUET_TYPE_MISMATCH' }))
    writer.write(second)
    void writer.finish()
    expect((await readParquet(parquet(Flight).fileReader, input(Buffer.concat(parts)))).rows).toEqual([first, second])
  })

  test('that are damaged in any byte give an error of ours, bad records or rows', () => {
    const file = writeParquet(parquet(Flight, { rowGroupRows: 100, codec: 'zstd' }).fileWriter, flights.slice(0, 300))
    return fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(file)
        bytes[at] = (bytes[at] as number) ^ flip
        try {
          expect((await readParquet(parquet(Flight).fileReader, input(bytes))).rows.length).toBeLessThanOrEqual(300)
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^PARQUET_/) })
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('checksums', () => {
  const Checked = types.row({ id: types.long(), name: types.string().nullable(), price: types.decimal(9, 2), tags: types.list(types.string()), at: types.timestamp() })
  const rows = Array.from({ length: 500 }, (_, id) => ({ id, name: id % 5 === 0 ? null : `name ${id % 50}`, price: `${id}.25`, tags: id % 3 === 0 ? [] : [`tag ${id % 7}`, 'x'], at: 1e12 + id }))

  test.each(['uncompressed', 'zstd'] as const)('of all pages are written, and tell any damage of their bytes (%s)', async (codec) => {
    const file = writeParquet(parquet(Checked, { rowGroupRows: 200, pageBytes: 500, codec }).fileWriter, rows)
    const pages = pagesOf(file)
    expect(pages.length).toBeGreaterThan(5 * 3)
    expect(pages.filter(({ crc }) => crc === undefined)).toEqual([])
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pages), fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ start, end }, at, flip) => {
        const bytes = Buffer.from(file)
        const place = start + (at % (end - start))
        bytes[place] = (bytes[place] as number) ^ flip
        const error = await readParquet(parquet(Checked).fileReader, input(bytes)).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'PARQUET_FILE', message: expect.stringMatching(new RegExp(`expected a page with the checksum [0-9a-f]{8} at byte ${start}, found [0-9a-f]{8}`)) })
      }),
      { numRuns: 100 },
    )
  })
})

/** The bytes of all pages behind their headers. */
function pagesOf(file: Buffer): { readonly start: number; readonly end: number; readonly crc: number | undefined }[] {
  const whole = new Uint8Array(file).buffer
  const columns = parquetMetadata(whole).row_groups.flatMap((group) => group.columns.map(({ meta_data: meta }) => meta as NonNullable<typeof meta>))
  return columns.flatMap((meta) => {
    const reader = { view: new DataView(whole), offset: Number(meta.dictionary_page_offset ?? meta.data_page_offset) }
    const end = reader.offset + Number(meta.total_compressed_size)
    const pages = []
    while (reader.offset < end) {
      const { crc, compressed_page_size: size } = parquetHeader(reader)
      pages.push({ start: reader.offset, end: reader.offset + size, crc })
      reader.offset += size
    }
    expect(reader.offset).toBe(end)
    return pages.filter((page) => page.end > page.start)
  })
}

test('page headers that lack a number are refused before the decoder goes round for ever with it', async () => {
  const file = writeParquet(parquet(Flight, { rowGroupRows: 100, codec: 'zstd' }).fileWriter, flights.slice(0, 300))
  const refused: string[] = []
  for (let at = 4; at < file.length / 4; at++) {
    for (const flip of [1, 16]) {
      const bytes = Buffer.from(file)
      bytes[at] = (bytes[at] as number) ^ flip
      await readParquet(parquet(Flight).fileReader, input(bytes)).catch((error: unknown) => refused.push(String(error)))
    }
  }
  expect(refused.some((message) => message.includes('in every page header') && message.includes('undefined'))).toBe(true)
})

test('types and options that Parquet has not are refused when the format is made', () => {
  expect(() => parquet(types.row({ a: types.row({ t: types.tuple(types.int()) }) }))).toThrow(expect.objectContaining({ code: 'PARQUET_UNSUPPORTED_TYPE', at: { field: 'a.t' } }))
  expect(() => parquet(types.row({ a: types.row({}) }))).toThrow(expect.objectContaining({ code: 'PARQUET_UNSUPPORTED_TYPE' }))
  expect(() => parquet(Flight, { codec: 'lzo' as never })).toThrow(expect.objectContaining({ code: 'PARQUET_OPTION' }))
  expect(() => parquet(Flight, { rowGroupRows: 0 })).toThrow(expect.objectContaining({ code: 'PARQUET_OPTION' }))
  expect(() => parquet(Flight, { bloomFilters: ['tags'] })).toThrow(expect.objectContaining({ code: 'PARQUET_OPTION' }))
})

describe('nested columns', () => {
  const Nested = types.row({ id: types.int(), points: types.list(types.row({ x: types.double(), label: types.string().nullable() })), deep: types.list(types.list(types.int().nullable()).nullable()).nullable() })
  const rows = Array.from({ length: 300 }, (_, id) => ({
    id,
    points: Array.from({ length: id % 4 }, (_point, i) => ({ x: i / 2, label: i === 1 ? null : `p${i}` })),
    deep: id % 5 === 0 ? null : [[id, null], null, []],
  }))
  const file = writeParquet(parquet(Nested, { rowGroupRows: 70, pageBytes: 100 }).fileWriter, rows)

  test('are read from any position', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(300), async (position) => {
        expect((await readParquet(parquet(Nested).fileReader, input(file), { range: { start: 0, end: 300 }, position })).rows).toEqual(rows.slice(position))
      }),
      { numRuns: 15 },
    ))

  test('are read without the fields that the type lacks', async () => {
    const Part = types.row({ points: types.list(types.row({ label: types.string().nullable() })) })
    const [part, all] = [input(file), input(file)]
    expect((await readParquet(parquet(Part).fileReader, part)).rows).toEqual(rows.map(({ points }) => ({ points: points.map(({ label }) => ({ label })) })))
    await readParquet(parquet(Nested).fileReader, all)
    expect(part.readBytes).toBeLessThan(all.readBytes)
  })

  test('with a null where the type has none make bad records', async () => {
    const Strict = types.row({ points: types.list(types.row({ label: types.string() })) })
    const { rows: found, bad } = await readParquet(parquet(Strict).fileReader, input(file))
    expect(found.length).toBe(rows.filter(({ points }) => points.length < 2).length)
    expect(bad[0]?.record).toMatchObject({ field: 'points', code: 'PARQUET_VALUE', offset: 2 })
  })

  test('of another shape are refused', async () => {
    for (const Wrong of [types.row({ points: types.int() }), types.row({ points: types.list(types.row({ y: types.int() })) }), types.row({ id: types.list(types.int()) }), types.row({ points: types.map(types.string(), types.int()) })]) {
      await expect(readParquet(parquet(Wrong as never).fileReader, input(file))).rejects.toMatchObject({ code: 'PARQUET_COLUMNS' })
    }
  })
})
