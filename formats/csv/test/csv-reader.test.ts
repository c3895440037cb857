import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { types } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import { csv } from '../src/index.ts'
import { input, readCsv } from './read-csv.ts'

const spectrum = dirname(createRequire(import.meta.url).resolve('csv-spectrum'))
const Pair = types.row({ a: types.int(), b: types.string() })

describe('csv-spectrum', () => {
  const cases = readdirSync(join(spectrum, 'csvs')).map((file) => file.replace('.csv', ''))
  for (const name of cases.filter((each) => each !== 'location_coordinates')) {
    test.each([1, 7, 16, 65536])(`${name} in chunks of %i bytes`, async (chunkBytes) => {
      const expected = JSON.parse(readFileSync(join(spectrum, 'json', `${name}.json`), 'utf8')) as Record<string, string>[]
      const type = types.row(Object.fromEntries(Object.keys(expected[0] as object).map((key) => [key, types.string()])))
      const read = await readCsv(csv(type).fileReader, input(readFileSync(join(spectrum, 'csvs', `${name}.csv`)), chunkBytes))
      expect(read.rows).toEqual(expected)
      expect(read.bad).toEqual([])
    })
  }

  test('location_coordinates, whose JSON twin has another telephone number', async () => {
    const Place = types.row({ 'Contact Phone Number': types.long(), 'Location Coordinates': types.string() })
    const { rows } = await readCsv(csv(Place).fileReader, input(readFileSync(join(spectrum, 'csvs/location_coordinates.csv')), 7))
    expect(rows).toEqual([{ 'Contact Phone Number': 2095257564, 'Location Coordinates': '37\uFFFD36\'37.8"N 121\uFFFD2\'17.9"W' }])
  })
})

describe('records', () => {
  test.each(['\n', '\r\n', '\r'])('end with %j, also inside quotes and in any chunks', async (end) => {
    const text = ['a,b', '1,x', '2,"y', 'z"', '', '3,'].join(end)
    for (const chunkBytes of [1, 2, 3, 5, 100]) {
      const { rows, bad } = await readCsv(csv(Pair).fileReader, input(text, chunkBytes))
      expect(rows).toEqual([{ a: 1, b: 'x' }, { a: 2, b: `y${end}z` }, { a: 3, b: '' }])
      expect(bad).toEqual([])
    }
  })

  test('a byte order mark, spaces around names and other columns do not matter', async () => {
    const { rows } = await readCsv(csv(Pair).fileReader, input('\uFEFFz, b ,"a"\nq,x, 1 \n', 1))
    expect(rows).toEqual([{ a: 1, b: 'x' }])
  })

  test('without a header columns are found by position', async () => {
    const byType = csv(Pair, { header: false })
    expect((await readCsv(byType.fileReader, input('\uFEFF1,x\n2,y'))).rows).toEqual([{ a: 1, b: 'x' }, { a: 2, b: 'y' }])
    const named = csv(Pair, { header: false, columns: ['b', '_', 'a'] })
    expect((await readCsv(named.fileReader, input('x,0,1'))).rows).toEqual([{ a: 1, b: 'x' }])
  })

  test('an empty file, and one of a header only, have no records', async () => {
    for (const text of ['', '\uFEFF', 'a,b', 'a,b\n', 'a,b\r\n\r\n']) expect((await readCsv(csv(Pair).fileReader, input(text, 1))).batches).toEqual([])
  })

  test('columns that nobody asks for are not decoded', async () => {
    const { rows, bad } = await readCsv(csv(types.row({ b: types.string() })).fileReader, input('a,b\nnonsense,x\n'))
    expect(rows).toEqual([{ b: 'x' }])
    expect(bad).toEqual([])
  })

  test('a blank line is a field of a single column, and nothing elsewhere', async () => {
    const One = types.row({ a: types.int().nullable() })
    expect((await readCsv(csv(One).fileReader, input('a\n1\n\n2\n'))).rows).toEqual([{ a: 1 }, { a: null }, { a: 2 }])
  })

  test('delimiter and null tokens can be chosen', async () => {
    const Row = types.row({ a: types.string().nullable(), b: types.double().nullable() })
    const { rows } = await readCsv(csv(Row, { delimiter: '\t', nullTokens: ['NA', '\\N'] }).fileReader, input('a\tb\nNA\tNA\n"NA"\t\\N\n\t1.5\n'))
    expect(rows).toEqual([{ a: null, b: null }, { a: 'NA', b: null }, { a: '', b: 1.5 }])
  })
})

describe('bad records', () => {
  const read = (text: string, chunkBytes?: number) => readCsv(csv(Pair).fileReader, input(text, chunkBytes))

  test.each([1, 7, 1000])('carry bytes, place, code and reason, and lose no neighbour, in chunks of %i', async (chunkBytes) => {
    const text = 'a,b\n1,x\nzwölf,y\n3,"a\nb"\n4,x,x\n5\n6,ok\n'
    const { rows, bad } = await read(text, chunkBytes)
    expect(rows).toEqual([{ a: 1, b: 'x' }, { a: 3, b: 'a\nb' }, { a: 6, b: 'ok' }])
    const summary = bad.map(({ record }) => [record.code, record.offset, record.line, record.field, Buffer.from(record.raw ?? []).toString()])
    expect(summary).toEqual([
      ['CSV_VALUE', 8, 3, 'a', 'zwölf,y\n'],
      ['CSV_COLUMN_COUNT', 25, 6, null, '4,x,x\n'],
      ['CSV_COLUMN_COUNT', 31, 7, null, '5\n'],
    ])
    expect(bad[0]?.record).toMatchObject({ source: 'in.csv', partition: null, reason: expect.stringMatching(/^Field a: expected a whole number of 32 bits, found "zwölf"/) })
  })

  test.each([1, 3, 1000])('that are no UTF-8 are found, in chunks of %i', async (chunkBytes) => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,é\n2,'), Buffer.of(0xe9), Buffer.from('\n3,漢\n4,'), Buffer.of(0xe9)])
    const { rows, bad } = await readCsv(csv(Pair).fileReader, input(bytes, chunkBytes))
    expect(rows.map((row) => row.b)).toEqual(['é', '漢'])
    expect(bad.map(({ record }) => [record.code, record.line, record.raw])).toEqual([
      ['CSV_ENCODING', 3, Uint8Array.of(0x32, 0x2c, 0xe9, 0x0a)],
      ['CSV_ENCODING', 5, Uint8Array.of(0x34, 0x2c, 0xe9)],
    ])
  })

  test('are placed among the good ones of their batch', async () => {
    const { batches } = await read('a,b\nx,x\n1,x\ny,x\nz,x\n2,x\n')
    expect(batches.map((batch) => [batch.position, batch.bad.map(({ index }) => index)])).toEqual([[4, [0, 1, 1]]])
  })

  test('a stray quote damages its own line only', async () => {
    const { rows, bad } = await read('a,b\n1,"x\n2,y\n3,"z"q\n4,"fine"\n5,"open\n6,end\n', 3)
    expect(rows.map((row) => row.a)).toEqual([2, 4, 6])
    expect(bad.map(({ record }) => [record.code, record.line])).toEqual([['CSV_QUOTE', 2], ['CSV_QUOTE', 4], ['CSV_QUOTE', 6]])
  })

  test.each([1, 64, 4096])('a record that is too long does not fill the memory, in chunks of %i', async (chunkBytes) => {
    const format = csv(Pair, { maxRecordBytes: 100 }).fileReader
    const { rows, bad } = await readCsv(format, input(`a,b\n1,x\n2,${'y'.repeat(5000)}\n3,"${'z\n'.repeat(60)}"\n4,x\n`, chunkBytes))
    expect(rows[0]).toEqual({ a: 1, b: 'x' })
    expect(rows.at(-1)).toEqual({ a: 4, b: 'x' })
    expect(bad.slice(0, 2).map(({ record }) => [record.code, record.line, record.raw?.length])).toEqual([['CSV_RECORD_TOO_LONG', 3, 100], ['CSV_RECORD_TOO_LONG', 4, 5]])
  })

  test('a number that a double cannot hold is refused, not rounded', async () => {
    const Ids = types.row({ id: types.long() })
    const { rows, bad } = await readCsv(csv(Ids).fileReader, input('id\n9007199254740991\n9007199254740993\n-9007199254740991\n'))
    expect(rows.map((row) => row.id)).toEqual([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER])
    expect(bad.map(({ record }) => record.reason)).toEqual([expect.stringContaining('types.bigint()')])
  })
})

describe('mistakes of the job', () => {
  test('a column that the header lacks is named with those it has', async () => {
    await expect(readCsv(csv(Pair).fileReader, input('x,b\n1,2\n'))).rejects.toMatchObject({
      code: 'CSV_COLUMNS',
      message: expect.stringMatching(/in\.csv: .*needs a column a, found no column a among "x", "b"/),
    })
    await expect(readCsv(csv(Pair).fileReader, input('a,b,a\n'))).rejects.toMatchObject({ code: 'CSV_COLUMNS' })
    await expect(readCsv(csv(Pair).fileReader, input('"a,b\n'))).rejects.toMatchObject({ code: 'CSV_COLUMNS' })
  })

  test('types that no field can hold, and options that make no sense, are refused at once', () => {
    expect(() => csv(types.row({ tags: types.list(types.string()) }))).toThrow(expect.objectContaining({ code: 'CSV_UNSUPPORTED_TYPE', at: { field: 'tags' } }))
    expect(() => csv(types.string() as never)).toThrow(expect.objectContaining({ code: 'CSV_UNSUPPORTED_TYPE' }))
    expect(() => csv(Pair, { delimiter: '\n' })).toThrow(expect.objectContaining({ code: 'CSV_OPTION' }))
    expect(() => csv(Pair, { columns: ['a', 'b'] })).toThrow(expect.objectContaining({ code: 'CSV_OPTION' }))
    expect(() => csv(Pair, { nullTokens: ['a,b'] })).toThrow(expect.objectContaining({ code: 'CSV_OPTION' }))
    expect(() => csv(Pair, { header: false, columns: ['a'] })).toThrow(expect.objectContaining({ code: 'CSV_COLUMNS' }))
  })

  test('reading stops when it is aborted', async () => {
    const reader = csv(Pair).fileReader.open(input('a,b\n1,x\n'), { signal: AbortSignal.abort(new Error('stop')) })
    await expect(reader.readBatch()).rejects.toThrow('stop')
  })
})
