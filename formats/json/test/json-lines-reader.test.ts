import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonLines } from '../src/index.ts'
import { input, readLines } from './read-lines.ts'

const Row = types.row({ a: types.int(), b: types.string().nullable() })

describe('records', () => {
  test.each([1, 7, 16, 65536])('without a type are any JSON values, in chunks of %i', async (chunkBytes) => {
    const values = [{ a: 1, b: { c: [1, 2, null] } }, [1], 'é漢', 12.5, true, null, {}]
    const text = `\uFEFF${values.map((value) => JSON.stringify(value)).join('\r\n\n')}`
    const { rows, bad } = await readLines(jsonLines().fileReader, input(text, chunkBytes))
    expect(rows).toEqual(values)
    expect(bad).toEqual([])
  })

  test('with a type have its fields only, null for a missing nullable one', async () => {
    const { rows } = await readLines(jsonLines(Row).fileReader, input('{"b":"x","a":1,"z":0}\n{"a":2}\n{"a":3,"b":null}'))
    expect(rows).toEqual([{ a: 1, b: 'x' }, { a: 2, b: null }, { a: 3, b: null }])
    expect(Object.keys(rows[0] as object)).toEqual(['a', 'b'])
  })

  test('inherited properties are not members', async () => {
    const Odd = types.row({ constructor: types.json().nullable() })
    expect((await readLines(jsonLines(Odd).fileReader, input('{}\n{"constructor":1}'))).rows).toEqual([{ constructor: null }, { constructor: 1 }])
  })

  test('of thousands come in batches of at most about a thousand', async () => {
    const text = Array.from({ length: 5000 }, (_, a) => JSON.stringify({ a, b: null })).join('\n')
    const { rows, batches } = await readLines(jsonLines(Row).fileReader, input(text))
    expect(rows.map((row) => row.a)).toEqual(Array.from({ length: 5000 }, (_, a) => a))
    expect(Math.max(...batches.map((batch) => batch.values.length))).toBe(1024)
  })

  test('a file of nothing has none', async () => {
    for (const text of ['', '\n\n', '\uFEFF', ' \r\n']) expect((await readLines(jsonLines().fileReader, input(text, 1))).batches).toEqual([])
  })
})

describe('bad records', () => {
  test.each([1, 7, 1000])('carry bytes, place, code and reason, and lose no neighbour, in chunks of %i', async (chunkBytes) => {
    const text = ['{"a":1}', '{"a":"é"}', '{"a":2', '{"a":3}', '[1]', '{"b":"x"}', '{"a":4},{"a":5}', '{"a":6}'].join('\n')
    const { rows, bad } = await readLines(jsonLines(Row).fileReader, input(text, chunkBytes))
    expect(rows.map((row) => row.a)).toEqual([1, 3, 6])
    expect(bad.map(({ record }) => [record.code, record.offset, record.line, record.field, Buffer.from(record.raw ?? []).toString()])).toEqual([
      ['JSON_VALUE', 8, 2, 'a', '{"a":"é"}'],
      ['JSON_SYNTAX', 19, 3, null, '{"a":2'],
      ['JSON_VALUE', 34, 5, null, '[1]'],
      ['JSON_VALUE', 38, 6, 'a', '{"b":"x"}'],
      ['JSON_SYNTAX', 48, 7, null, '{"a":4},{"a":5}'],
    ])
    expect(bad[0]?.record).toMatchObject({ source: 'in.jsonl', partition: null, reason: 'Member a: expected a whole number of 32 bits, found "é"' })
    expect(bad[3]?.record.reason).toContain('found nothing')
  })

  test('two halves on two lines never pass for values, however the numbers work out', async () => {
    const { rows, bad } = await readLines(jsonLines().fileReader, input('1,2\n[3\n4]\n{"a":[{}\n{}]}\n{},{}'))
    expect(rows).toEqual([])
    expect(bad.length).toBe(6)
  })

  test.each([1, 5, 1000])('that are no UTF-8, or too long, in chunks of %i', async (chunkBytes) => {
    const bytes = Buffer.concat([Buffer.from('{"a":1}\n{"b":"'), Buffer.of(0xe9), Buffer.from(`"}\n{"b":"${'x'.repeat(200)}"}\n{"a":2}\n"${'y'.repeat(100)}`)])
    const { rows, bad, batches } = await readLines(jsonLines(Row, { maxRecordBytes: 50 }).fileReader, input(bytes, chunkBytes))
    expect(rows.map((row) => row.a)).toEqual([1, 2])
    expect(bad.map(({ record }) => [record.code, record.offset, record.line, record.raw?.length])).toEqual([
      ['JSON_ENCODING', 8, 2, 9],
      ['JSON_RECORD_TOO_LONG', 18, 3, 50],
      ['JSON_RECORD_TOO_LONG', 235, 5, 50],
    ])
    for (const batch of batches) expect(batch.position).toBeLessThanOrEqual(batch.bad[0]?.record.offset ?? Number.POSITIVE_INFINITY)
  })

  test('digits are kept for bigint and decimal, and never rounded for long', async () => {
    const Money = types.row({ id: types.bigint(), price: types.decimal(20, 3), n: types.int(), x: types.double() })
    const { rows, bad } = await readLines(
      jsonLines(Money).fileReader,
      input('{"id":9007199254740993,"price":12345678901234567.891,"n":1.0,"x":0.1}\n{"id":"-5","price":"1.5","n":2,"x":1e400}\n{"id":1e2,"price":7,"n":3,"x":"NaN"}\n{"id":1.5,"price":1,"n":1,"x":1}'),
    )
    expect(rows).toEqual([
      { id: 9007199254740993n, price: '12345678901234567.891', n: 1, x: 0.1 },
      { id: -5n, price: '1.500', n: 2, x: Number.POSITIVE_INFINITY },
      { id: 100n, price: '7.000', n: 3, x: Number.NaN },
    ])
    expect(bad.map(({ record }) => record.reason)).toEqual(['Member id: expected a whole number, found 1.5'])
    const long = await readLines(jsonLines(types.row({ id: types.long() })).fileReader, input('{"id":9007199254740993}'))
    expect(long.bad[0]?.record.reason).toContain('types.bigint()')
  })
})

const line = fc.oneof(
  fc.record({ a: fc.nat(9), b: fc.string({ unit: 'grapheme', maxLength: 4 }) }).map((row) => JSON.stringify(row)),
  fc.constantFrom('', ' ', '{"a":1} ', '{"a":', '{}', '{"a":1},{"a":2}', 'null'),
)
const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 150 })
const file = fc.tuple(fc.constantFrom('', '\uFEFF'), lines).map(([mark, all]) => mark + all.map(([text, end]) => text + end).join(''))
const shown = (read: Awaited<ReturnType<typeof readLines>>) => [read.rows, read.bad.map(({ record }) => [record.code, record.offset])]

describe('positions', () => {
  const format = jsonLines(Row).fileReader

  test('chunks make no difference, and reading again from a position gives the rest', () =>
    fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 300 }), fc.nat(), async (text, chunkBytes, pick) => {
        const whole = await readLines(format, input(text, chunkBytes))
        expect(shown(whole)).toEqual(shown(await readLines(format, input(text))))
        const from = pick % Math.max(1, whole.batches.length)
        const position = whole.batches[from]?.position
        if (position === undefined) return
        const rest = await readLines(format, input(text, 9), { position })
        const expected = whole.batches.slice(from)
        expect(shown(rest)).toEqual([expected.flatMap((batch) => batch.values), expected.flatMap((batch) => batch.bad.map(({ record }) => [record.code, record.offset]))])
      }),
      { numRuns: 200 },
    ))

  test('ranges give every record exactly once, wherever they are cut', () =>
    fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), async (text, targetBytes, chunkBytes) => {
        const ranges = (await format.planRanges?.(input(text), { targetBytes, signal: new AbortController().signal })) ?? []
        const parts = await Promise.all(ranges.map((range) => readLines(format, input(text, chunkBytes), { range })))
        const whole = await readLines(format, input(text))
        expect(parts.flatMap((part) => part.rows)).toEqual(whole.rows)
        expect(parts.flatMap((part) => part.bad.map(({ record }) => record.offset))).toEqual(whole.bad.map(({ record }) => record.offset))
      }),
      { numRuns: 200 },
    ))
})

test('reading stops when it is aborted', async () => {
  const reader = jsonLines().fileReader.open(input('1\n'), { signal: AbortSignal.abort(new Error('stop')) })
  await expect(reader.readBatch()).rejects.toThrow('stop')
})

test('options and types that make no sense are refused at once', () => {
  expect(() => jsonLines(Row, { maxRecordBytes: 0 })).toThrow(expect.objectContaining({ code: 'JSON_OPTION' }))
  const custom = types.custom<Date>({ id: 'date', version: 1, write: () => {}, read: () => new Date(0) })
  expect(() => jsonLines(types.row({ at: custom }))).toThrow(expect.objectContaining({ code: 'JSON_UNSUPPORTED_TYPE', at: { field: 'at' } }))
})
