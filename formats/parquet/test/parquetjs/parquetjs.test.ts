import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { types } from '@millrace/core'
import fc from 'fast-check'
import { ParquetReader, ParquetSchema, ParquetWriter } from 'parquetjs-lite'
import { describe, expect, test } from 'vitest'
import { parquet } from '../../src/index.ts'
import { parquetjs } from '../../src/parquetjs/index.ts'
import { data, input, readParquet, writeParquet } from '../read-parquet.ts'

const Row = types.row({
  id: types.long(), big: types.bigint().nullable(), n: types.int().nullable(), flag: types.boolean(), f: types.float(), d: types.double().nullable(), s: types.string(), color: types.enumOf('red', 'green').nullable(), raw: types.bytes(),
  at: types.timestamp().nullable(), day: types.date(), time: types.time(), doc: types.json(), tags: types.list(types.string()), counts: types.list(types.long()),
})

/** parquetjs-lite makes −0 a 0. */
const unsignedZero = (value: number): number => (value === 0 ? 0 : value)

const row = fc.record({
  id: fc.maxSafeInteger(), big: fc.option(fc.maxSafeInteger().map(BigInt)), n: fc.option(fc.integer()), flag: fc.boolean(), f: fc.float({ noNaN: true }).map(unsignedZero), d: fc.option(fc.double({ noNaN: true }).map(unsignedZero)), s: fc.string({ unit: 'grapheme' }), color: fc.option(fc.constantFrom('red' as const, 'green' as const)), raw: fc.uint8Array().map((each) => new Uint8Array(each)),
  at: fc.option(fc.integer({ min: 0, max: 8.64e15 })), day: fc.nat(100_000), time: fc.nat(86_399_999), doc: fc.record({ a: fc.oneof(fc.nat(), fc.string()) }), tags: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }), counts: fc.array(fc.maxSafeInteger(), { maxLength: 3 }),
})

async function write(rows: readonly object[], options: Parameters<typeof parquetjs>[1]): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const writer = parquetjs(Row, options).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const each of rows) writer.write(each as never)
  await writer.finish()
  return Buffer.concat(parts)
}

test('what parquetjs-lite writes is read by it and by parquet()', () =>
  fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), fc.constantFrom('uncompressed' as const, 'snappy' as const, 'gzip' as const), fc.integer({ min: 1, max: 7 }), async (rows, codec, rowGroupRows) => {
      const file = await write(rows, { codec, rowGroupRows })
      expect((await readParquet(parquetjs(Row).fileReader, input(file))).rows).toEqual(rows)
      expect((await readParquet(parquet(Row).fileReader, input(file))).rows).toEqual(rows)
    }),
    { numRuns: 60 },
  ))

test('row groups are written when they are full, and ranges and positions hold', async () => {
  const rows = fc.sample(row, { numRuns: 50, seed: 1 })
  const file = await write(rows, { rowGroupRows: 20, metadata: { owner: 'me' } })
  const { fileReader } = parquetjs(Row)
  expect(await fileReader.planRanges?.(input(file), { targetBytes: 1, signal: new AbortController().signal })).toEqual([{ start: 0, end: 20 }, { start: 20, end: 40 }, { start: 40, end: 50 }])
  expect((await readParquet(fileReader, input(file), { range: { start: 10, end: 45 }, position: 15 })).rows).toEqual(rows.slice(15, 45))
})

test('files that a program wrote with parquetjs-lite itself are read, lists and structs too', async () => {
  const element = { type: 'LIST', fields: { list: { repeated: true, fields: { element: { type: 'INT64' } } } } }
  const schema = new ParquetSchema({ id: { type: 'INT64' }, at: { type: 'TIMESTAMP_MILLIS', optional: true }, small: { type: 'INT_32' }, name: { optional: true, fields: { first: { type: 'UTF8' }, last: { type: 'UTF8', optional: true } } }, marks: element })
  const output = new PassThrough()
  const bytes = buffer(output)
  const writer = await ParquetWriter.openStream(schema, output, { rowGroupSize: 3 })
  const written = Array.from({ length: 8 }, (_, i) => ({ id: i * 1e12, at: i % 3 === 0 ? null : 1_700_000_000_000 + i, small: 3 - i, name: i % 4 === 0 ? null : { first: `f${i}`, last: i % 2 === 0 ? null : 'l' }, marks: Array.from({ length: i % 3 }, (_mark, k) => k) }))
  for (const each of written) await writer.appendRow({ ...each, at: each.at === null ? undefined : new Date(each.at), marks: { list: each.marks.map((mark) => ({ element: mark })) } })
  await writer.close()
  const Written = types.row({ id: types.long(), at: types.timestamp().nullable(), small: types.int(), name: types.row({ first: types.string(), last: types.string().nullable() }).nullable(), marks: types.list(types.long()) })
  expect((await readParquet(parquet(Written).fileReader, input(await bytes))).rows).toEqual(written)
  const Flat = types.row({ id: types.long(), at: types.timestamp().nullable(), small: types.int() })
  expect((await readParquet(parquetjs(Flat).fileReader, input(await bytes))).rows).toEqual(written.map(({ id, at, small }) => ({ id, at, small })))
})

test('files of this adapter are read by parquetjs-lite itself', async () => {
  const Flat = types.row({ id: types.long(), s: types.string().nullable(), list: types.list(types.int()) })
  const parts: Uint8Array[] = []
  const writer = parquetjs(Flat).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  writer.write({ id: 1, s: null, list: [] })
  writer.write({ id: 2, s: 'é', list: [1, 2] })
  await writer.finish()
  const cursor = (await ParquetReader.openBuffer(Buffer.concat(parts))).getCursor()
  expect([await cursor.next(), await cursor.next(), await cursor.next()]).toEqual([{ id: 1n }, { id: 2n, s: 'é', list: [1, 2] }, null])
})

describe('what it would get wrong is refused by name', () => {
  test('in types', () => {
    for (const [type, reason] of [
      [types.decimal(9, 2), 'decimals'], [types.row({ x: types.int() }), 'the type row'], [types.map(types.string(), types.int()), 'the type map'], [types.list(types.int().nullable()), 'hold nulls'], [types.list(types.int()).nullable(), 'lists that are null'],
    ] as const) {
      expect(() => parquetjs(types.row({ a: type as never }))).toThrow(expect.objectContaining({ code: 'PARQUET_UNSUPPORTED_TYPE', at: { field: 'a' }, message: expect.stringContaining(reason) }))
    }
    expect(() => parquetjs(Row, { codec: 'zstd' as never })).toThrow(expect.objectContaining({ code: 'PARQUET_OPTION' }))
  })

  test('in values that are written', async () => {
    const [good] = fc.sample(row, { numRuns: 1, seed: 1 })
    const parts: Uint8Array[] = []
    const writer = parquetjs(Row).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
    const refuse = (change: object, reason: string): void => expect(() => writer.write({ ...good, ...change } as never)).toThrow(expect.objectContaining({ code: 'PARQUET_TYPE_MISMATCH', message: expect.stringContaining(reason) }))
    refuse({ big: 2n ** 53n }, 'rounds 64-bit integers')
    refuse({ id: 2 ** 53 }, 'types.bigint()')
    refuse({ d: Number.NaN }, 'NaN')
    refuse({ at: -1 }, 'before 1970')
    refuse({ doc: [1] }, 'array')
    writer.write(good as never)
    await writer.finish()
    expect((await readParquet(parquetjs(Row).fileReader, input(Buffer.concat(parts)))).rows).toEqual([good])
  })

  test('in files that are read', async () => {
    const file = (type: Parameters<typeof parquet>[0], value: object): Buffer => writeParquet(parquet(type as never, { dictionary: false }).fileWriter, [value] as never)
    const reject = (bytes: Buffer, type: object, message: string): Promise<void> => expect(readParquet(parquetjs(types.row(type as never)).fileReader, input(bytes))).rejects.toMatchObject({ code: 'PARQUET_PARQUETJS', message: expect.stringContaining(message) })
    const Decimal = types.row({ a: types.decimal(9, 2) })
    await reject(file(Decimal as never, { a: '1.00' }), { a: types.double() }, 'decimals')
    await reject(file(types.row({ a: types.row({ x: types.int() }) }) as never, { a: { x: 1 } }), { a: types.json() }, 'groups')
    await reject(data('groups'), { id: types.long() }, 'parquetjs-lite cannot read the file')
  })
})
