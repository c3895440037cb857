import { types } from '@millrace/core'
import type { Infer } from '@millrace/core'
import type { BadRecord } from '@millrace/core/spi'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonLines } from '../src/index.ts'
import type { JsonLinesFormat } from '../src/index.ts'
import { input, readLines } from './read-lines.ts'

const Everything = types.row({
  text: types.string(),
  maybe: types.string().nullable(),
  int: types.int().nullable(),
  long: types.long(),
  big: types.bigint(),
  float: types.float(),
  double: types.double(),
  flag: types.boolean(),
  at: types.timestamp(),
  day: types.date(),
  time: types.time(),
  price: types.decimal(8, 2),
  color: types.enumOf('red', 'green'),
  data: types.bytes(),
  extra: types.json(),
  list: types.list(types.row({ n: types.int() })),
  pair: types.tuple(types.int(), types.string().nullable()),
  named: types.map(types.string(), types.bigint()),
  counted: types.map(types.long(), types.timestamp()),
  event: types.union(types.row({ kind: types.enumOf('up'), n: types.int() }), types.row({ kind: types.enumOf('down'), at: types.timestamp() })),
})
type Everything = Infer<typeof Everything>

const at = fc.integer({ min: -8.64e15, max: 8.64e15 })
const text = fc.string({ unit: 'grapheme' })
const everything: fc.Arbitrary<Everything> = fc.record({
  text,
  maybe: fc.option(text),
  int: fc.option(fc.integer()),
  long: fc.maxSafeInteger(),
  big: fc.bigInt(),
  float: fc.float(),
  double: fc.double().map((value) => (Object.is(value, -0) ? 0 : value)), // JSON.stringify(-0) is 0
  flag: fc.boolean(),
  at,
  day: fc.integer({ min: -1e8, max: 1e8 }),
  time: fc.integer({ min: 0, max: 86_399_999 }),
  price: fc.integer({ min: -99_999_999, max: 99_999_999 }).map((cents) => (cents / 100).toFixed(2)),
  color: fc.constantFrom('red', 'green'),
  data: fc.uint8Array(),
  extra: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as never),
  list: fc.array(fc.record({ n: fc.integer() })),
  pair: fc.tuple(fc.integer(), fc.option(text)),
  named: fc.array(fc.tuple(text, fc.bigInt())).map((entries) => new Map(entries)),
  counted: fc.array(fc.tuple(fc.maxSafeInteger(), at)).map((entries) => new Map(entries)),
  event: fc.oneof(fc.record({ kind: fc.constant('up' as const), n: fc.integer() }), fc.record({ kind: fc.constant('down' as const), at })),
}).map((row) => ({ ...row, float: Object.is(row.float, -0) ? 0 : row.float }))

function write<T>(format: JsonLinesFormat<T>, rows: readonly T[]): string {
  const parts: Uint8Array[] = []
  const writer = format.fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of rows) writer.write(row)
  void writer.finish()
  return Buffer.concat(parts).toString()
}

test('what was written is read back, as a file and as a message', async () => {
  const format = jsonLines(Everything)
  await fc.assert(
    fc.asyncProperty(fc.array(everything, { maxLength: 4 }), async (rows) => {
      const { rows: read, bad } = await readLines(format.fileReader, input(write(format, rows), 13))
      expect(bad.map(({ record }) => record.reason)).toEqual([])
      expect(read).toEqual(rows)
      const [serializer, deserializer] = [format.serialization.open(), format.deserialization.open()]
      const messages: Everything[] = []
      for (const row of rows) deserializer.deserialize(serializer.serialize(row), { collect: (value) => void messages.push(value) })
      expect(messages).toEqual(rows)
    }),
    { numRuns: 200 },
  )
})

test('without a type any value has a line, bad records included', () => {
  const dead: BadRecord = { raw: Buffer.from('x,y'), source: 'f', partition: null, offset: 3, line: 2, field: 'a', code: 'CSV_VALUE', reason: 'why' }
  const format = jsonLines() as JsonLinesFormat<BadRecord | object>
  const rows = [dead, { n: 9007199254740993n, deep: [{ map: new Map([['k', 1n]]), set: new Set([Number.NaN]) }], at: new Date(0) }, { list: [1, 2], gone: undefined }]
  expect(write(format, rows)).toBe(
    '{"raw":"eCx5","source":"f","partition":null,"offset":3,"line":2,"field":"a","code":"CSV_VALUE","reason":"why"}\n' +
      '{"n":9007199254740993,"deep":[{"map":{"k":1},"set":["NaN"]}],"at":"1970-01-01T00:00:00.000Z"}\n' +
      '{"list":[1,2]}\n',
  )
})

test('times are written as ISO 8601', () => {
  const format = jsonLines(types.row({ at: types.timestamp(), day: types.date(), time: types.time() }))
  expect(write(format, [{ at: Date.UTC(2001, 0, 31, 12), day: 1, time: 1500 }])).toBe('{"at":"2001-01-31T12:00:00.000Z","day":"1970-01-02","time":"00:00:01.500"}\n')
})

test('a value of another type is refused with its member, and nothing of it is written', () => {
  const format = jsonLines(types.row({ a: types.row({ b: types.list(types.int()) }) }))
  expect(() => write(format, [{ a: { b: [1, 'x'] } } as never])).toThrow(expect.objectContaining({ code: 'JSON_TYPE_MISMATCH', origin: 'user', at: { field: 'a.b[]' } }))
  expect(() => write(jsonLines(), [() => 1])).toThrow(expect.objectContaining({ code: 'JSON_TYPE_MISMATCH' }))
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  expect(() => write(jsonLines(), [cycle])).toThrow(expect.objectContaining({ code: 'JSON_TYPE_MISMATCH' }))
})

test('flush hands over whole lines, and files can be continued', () => {
  const parts: string[] = []
  const { fileWriter } = jsonLines()
  const writer = fileWriter.open({ write: (bytes) => void parts.push(Buffer.from(bytes).toString()) }, { continued: true })
  writer.write(1)
  writer.flush()
  writer.flush()
  writer.write('x')
  void writer.finish()
  expect(parts).toEqual(['1\n', '"x"\n'])
  expect(fileWriter).toMatchObject({ extension: '.jsonl', appendable: true })
})

test('a message that cannot be decoded says why', () => {
  const deserializer = jsonLines(types.row({ a: types.int() })).deserialization.open()
  const out: unknown[] = []
  const decode = (bytes: Uint8Array): void => deserializer.deserialize(bytes, { collect: (value) => void out.push(value) })
  expect(() => decode(Buffer.from('{"a":'))).toThrow(expect.objectContaining({ code: 'JSON_SYNTAX', origin: 'external' }))
  expect(() => decode(Buffer.from('{"a":true}'))).toThrow(expect.objectContaining({ code: 'JSON_VALUE', at: { field: 'a' } }))
  expect(() => decode(Uint8Array.of(0x22, 0xe9, 0x22))).toThrow(expect.objectContaining({ code: 'JSON_ENCODING' }))
  decode(Buffer.from('{\n"a": 1\n}'))
  expect(out).toEqual([{ a: 1 }])
})
