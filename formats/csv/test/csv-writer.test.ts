import { types } from '@millrace/core'
import type { Infer } from '@millrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csv } from '../src/index.ts'
import type { CsvOptions } from '../src/index.ts'
import { input, readCsv } from './read-csv.ts'

const Everything = types.row({
  text: types.string(),
  maybe: types.string().nullable(),
  int: types.int().nullable(),
  long: types.long(),
  big: types.bigint(),
  float: types.float(),
  double: types.double().nullable(),
  flag: types.boolean(),
  at: types.timestamp(),
  day: types.date(),
  time: types.time(),
  price: types.decimal(8, 2),
  color: types.enumOf('red', 'dark green', ''),
  data: types.bytes(),
  extra: types.json(),
})
type Everything = Infer<typeof Everything>

const text = fc.string({ unit: fc.oneof(fc.constantFrom('"', ',', '\n', '\r', ' ', ';', 'NA', '\uFEFF'), fc.string({ unit: 'grapheme', maxLength: 3 })) })
// toISOString writes years beyond 9999 with a sign, which the reader does not take.
const at = fc.integer({ min: Date.UTC(2000) - 63_072_000_000_000, max: Date.UTC(9999, 11, 31) })
const everything: fc.Arbitrary<Everything> = fc.record({
  text,
  maybe: fc.option(text),
  int: fc.option(fc.integer()),
  long: fc.maxSafeInteger(),
  big: fc.bigInt(),
  float: fc.float(),
  double: fc.option(fc.double()),
  flag: fc.boolean(),
  at: at.filter((ms) => ms >= Date.UTC(1, 0)),
  day: fc.integer({ min: -700_000, max: 2_900_000 }),
  time: fc.integer({ min: 0, max: 86_399_999 }),
  price: fc.integer({ min: -99_999_999, max: 99_999_999 }).map((cents) => (cents / 100).toFixed(2)),
  color: fc.constantFrom('red', 'dark green', ''),
  data: fc.uint8Array(),
  extra: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as never),
})

function write<T extends object>(format: ReturnType<typeof csv<T>>, rows: readonly T[], continued = false): string {
  const parts: Uint8Array[] = []
  const writer = format.fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued })
  for (const row of rows) writer.write(row)
  void writer.finish()
  return Buffer.concat(parts).toString()
}

const dialects: readonly CsvOptions[] = [{}, { delimiter: ';', nullTokens: ['NA', ''], lineTerminator: '\r\n' }, { header: false, delimiter: '\t', nullTokens: ['\\N'] }]

test.each(dialects)('what was written is read back, with %j', async (options) => {
  const format = csv(Everything, options)
  await fc.assert(
    fc.asyncProperty(fc.array(everything, { maxLength: 4 }), async (rows) => {
      const { rows: read, bad } = await readCsv(format.fileReader, input(write(format, rows), 13))
      expect(bad.map(({ record }) => record.reason)).toEqual([])
      expect(read).toEqual(rows)
    }),
    { numRuns: 150 },
  )
})

test('a row goes through a message and back', () => {
  const format = csv(Everything)
  const [serializer, deserializer] = [format.serialization.open(), format.deserialization.open()]
  fc.assert(
    fc.property(everything, (row) => {
      const out: Everything[] = []
      deserializer.deserialize(serializer.serialize(row), { collect: (value) => void out.push(value) })
      expect(out).toEqual([row])
    }),
    { numRuns: 100 },
  )
})

test('a single nullable column keeps its nulls', async () => {
  const format = csv(types.row({ a: types.string().nullable() }))
  const rows = [{ a: null }, { a: '' }, { a: 'x' }, { a: null }]
  expect((await readCsv(format.fileReader, input(write(format, rows), 1))).rows).toEqual(rows)
  const out: unknown[] = []
  for (const row of rows) format.deserialization.open().deserialize(format.serialization.open().serialize(row), { collect: (value) => void out.push(value) })
  expect(out).toEqual(rows)
})

test('column names keep their spaces and quotes', async () => {
  const format = csv(types.row({ ' a ': types.int(), 'b"c': types.int(), '': types.int() }))
  const rows = [{ ' a ': 1, 'b"c': 2, '': 3 }]
  expect((await readCsv(format.fileReader, input(write(format, rows)))).rows).toEqual(rows)
})

test('only what needs quotes gets them', () => {
  const format = csv(types.row({ a: types.string(), 'b,c': types.double(), d: types.timestamp() }))
  expect(write(format, [{ a: 'it"s', 'b,c': -0.5, d: 0 }, { a: 'plain text', 'b,c': 1e21, d: 1 }])).toBe(
    'a,"b,c",d\n"it""s",-0.5,1970-01-01T00:00:00.000Z\nplain text,1e+21,1970-01-01T00:00:00.001Z\n',
  )
})

test('a continued file gets no second header, and flush hands over whole records', () => {
  const format = csv(types.row({ a: types.int() }))
  expect(write(format, [{ a: 1 }], true)).toBe('1\n')
  const parts: string[] = []
  const writer = format.fileWriter.open({ write: (bytes) => void parts.push(Buffer.from(bytes).toString()) }, { continued: false })
  writer.write({ a: 1 })
  writer.flush()
  writer.flush()
  writer.write({ a: 2 })
  void writer.finish()
  expect(parts).toEqual(['a\n1\n', '2\n'])
  expect(format.fileWriter).toMatchObject({ extension: '.csv', appendable: true })
})

test('a value of another type is refused with its field', () => {
  const format = csv(types.row({ a: types.int(), s: types.string() }))
  expect(() => write(format, [{ a: 1.5, s: '' }])).toThrow(expect.objectContaining({ code: 'CSV_TYPE_MISMATCH', at: { field: 'a' } }))
  expect(() => write(format, [{ a: 1 } as never])).toThrow(expect.objectContaining({ code: 'CSV_TYPE_MISMATCH', at: { field: 's' } }))
})

test('a message with a bad record emits nothing and says where', () => {
  const deserializer = csv(types.row({ a: types.int() })).deserialization.open()
  const out: unknown[] = []
  const output = { collect: (value: unknown) => void out.push(value) }
  for (const [message, code, offset] of [['1\nx', 'CSV_VALUE', 2], ['1,2', 'CSV_COLUMN_COUNT', 0], ['"1', 'CSV_QUOTE', 0], ['', 'CSV_VALUE', 0]] as const) {
    expect(() => deserializer.deserialize(Buffer.from(message), output)).toThrow(expect.objectContaining({ code, at: expect.objectContaining({ offset }), origin: 'external' }))
  }
  expect(() => deserializer.deserialize(Uint8Array.of(0xff), output)).toThrow(expect.objectContaining({ code: 'CSV_ENCODING' }))
  expect(out).toEqual([])
  deserializer.deserialize(Buffer.from('1\n2\n'), output)
  expect(out).toEqual([{ a: 1 }, { a: 2 }])
})
