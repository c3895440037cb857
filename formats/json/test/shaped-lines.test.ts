import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilingOnce } from '../src/compiled-lines.ts'
import { jsonLines } from '../src/index.ts'
import { shapeOf } from '../src/line-shape.ts'
import { ShapedLines } from '../src/shaped-lines.ts'
import { input, readLines } from './read-lines.ts'

const compile = compilingOnce()

/** What the code for the shape of `first` makes of `line`, or 'left' if it leaves it to JSON.parse. */
function read(first: string, line: string | Uint8Array, maxBytes = 1 << 20): unknown {
  const shape = shapeOf(Buffer.from(first), 0, Buffer.byteLength(first))
  if (shape === undefined) return 'no shape'
  const bytes = Buffer.concat([Buffer.from(line as string), Buffer.from('\n')])
  const values: unknown[] = []
  const next = compile(shape)?.(bytes, bytes.toString('latin1'), 0, bytes.length, bytes.length, maxBytes, values, new Int32Array(1), 1)
  if (values.length === 0) return next === 0 ? 'left' : `index ${next}`
  return next === bytes.length ? values[0] : `index ${next}`
}

const leaf = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom(0.1, 1e21, 1e-7, 123456789012345, 0.000001, 99.99))
/** Without `"` and `\\`: having seen the key `\\`, V8 13.6 parses the key `"` as that one, so that JSON.parse is no judge of them. */
const name = fc.oneof(fc.constantFrom('id', 'a b', '__proto__', '7', 'größe', 'tab\t'), fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/["\\]/g, '')))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(name, tie('value'), { maxKeys: 4 })),
}))
const record = fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 })
/** The same members with other values. */
const alike = (example: unknown): fc.Arbitrary<unknown> => {
  if (Array.isArray(example)) return example.length === 0 ? fc.array(leaf, { maxLength: 3 }) : fc.array(alike(example[0]), { maxLength: 3 })
  if (typeof example !== 'object' || example === null) return fc.oneof({ weight: 5, arbitrary: leaf }, { weight: 1, arbitrary: value })
  return fc.tuple(...Object.values(example).map(alike)).map((values) => Object.fromEntries(Object.keys(example).map((key, index) => [key, values[index]])))
}

describe('the code for a shape', () => {
  test('makes what JSON.parse makes, of lines of the shape, whatever the blanks', () => {
    const blanks = fc.constantFrom<string | number | undefined>(undefined, 1)
    let taken = 0
    fc.assert(
      fc.property(record.chain((example) => fc.tuple(fc.constant(example), alike(example))), blanks, ([example, other], indent) => {
        const text = (of: unknown): string => JSON.stringify(of, null, indent).replaceAll(/\n */g, ' ')
        const found = read(text(example), text(other))
        if (found === 'left') return
        taken++
        expect(found).toStrictEqual(JSON.parse(text(other)))
        expect(JSON.stringify(found)).toBe(text(other).length > 0 ? JSON.stringify(JSON.parse(text(other))) : '')
      }),
      { numRuns: 500 },
    )
    expect(taken).toBeGreaterThan(250) // the others have keys whose order or number differs, or long digits
  })

  test('leaves every line alone that JSON.parse refuses, wherever a byte is wrong', () => {
    const line = '{"id":12,"at":-0.5e1,"name":"größe \\u0041","ok":[true,null],"of":[{"x":"a"},{"x":"b"}],"in":{"y":""}}'
    const bytes = Buffer.from(line)
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom(0, 9, 13, 0x1f)), (at, byte) => {
        const damaged = Buffer.from(bytes)
        if ((damaged[at] as number) > 0x7f) return // the reader checks for UTF-8 before
        damaged[at] = byte
        const found = read(line, damaged)
        let parsed: unknown = 'left'
        try {
          parsed = JSON.parse(damaged.toString())
        } catch {}
        if (found !== 'left') expect(found).toStrictEqual(parsed)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['an integer of 16 digits', '{"a":9007199254740993}'],
    ['one in an array', '{"a":[9007199254740993]}'],
    ['a number that begins with 0', '{"a":01}'],
    ['a number without digits behind its point', '{"a":1.}'],
    ['another member', '{"b":1}'],
    ['one more member', '{"a":1,"b":2}'],
    ['one member twice', '{"a":1,"a":2}'],
    ['something behind it', '{"a":1} x'],
    ['a string over two lines', '{"a":"x\ny"}'],
  ])('leaves %s', (_name, line) => expect(read('{"a":1}', line)).toBe('left'))

  test('keeps the sign of zero, all 15 digits, escapes, and lets values be of other kinds', () => {
    for (const text of ['-0', '-0.0', '123456789012345', '0.12345678901234', '1e5', '-12.5E-3', '"\\u00e9\\n"', '"é"', 'null', 'true', 'false', '[]', '{"b":[1]}']) {
      for (const first of ['1', '"x"', 'null', '[1]']) expect(read(`{"a":${first}}`, `{"a":${text}}`)).toStrictEqual(JSON.parse(`{"a":${text}}`))
    }
  })

  test('leaves lines beyond the limit', () => expect([read('{"a":1}', '{"a":12}', 8), read('{"a":1}', '{"a":12}', 7)]).toEqual([{ a: 12 }, 'left']))

  test('does not exist for what has no shape', () => {
    expect([read('[1]', ''), read('{"a":1,"a":2}', ''), read(JSON.stringify(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`k${i}`, i]))), '')]).toEqual(['no shape', 'no shape', 'no shape'])
  })
})

test('shapes are given up where lines differ, and looked for again ever less often', () => {
  const lines = new ShapedLines(compile)
  const line = Buffer.from('{"a":1}')
  const pauses: number[] = []
  for (let passed = 0, since = 0; passed < 10_000; passed++, since++) {
    if (lines.read === undefined) lines.passed(1, line, 0, line.length)
    else {
      pauses.push(since)
      since = 0
      while (lines.read !== undefined) lines.count(1, true)
    }
  }
  expect(pauses).toEqual([1, 257, 1025, 4097])
})

test('a file gives the same rows whatever its chunks, with and without a type, from every position', async () => {
  const Row = types.row({ id: types.bigint(), name: types.string(), price: types.decimal(6, 2), note: types.string().nullable() })
  const lines = Array.from({ length: 700 }, (_, id) => {
    if (id % 97 === 5) return '{"id":1,"name":'
    if (id % 61 === 7) return `{"name":"other order","id":${id},"price":"0.10"}`
    return JSON.stringify({ id, name: id % 13 === 0 ? 'quote "é"' : `name ${id}`, price: (id % 100) / 8 === 0.25 ? '0.25' : `${id % 10}.50`, note: id % 3 === 0 ? null : 'x' })
  })
  const text = `${lines.join('\r\n')}\n`
  for (const type of [undefined, Row]) {
    const format = type === undefined ? jsonLines() : jsonLines(Row)
    const whole = await readLines(format.fileReader as ReturnType<typeof jsonLines>['fileReader'], input(text))
    expect(whole.bad.map(({ record }) => record.line)).toEqual(Array.from({ length: 8 }, (_, i) => 6 + 97 * i).filter((line) => line <= 700))
    expect(whole.rows.length).toBe(700 - whole.bad.length)
    const one = jsonLines(type as undefined).deserialization.open()
    const singly: unknown[] = []
    for (const each of lines) if (each.endsWith('}')) one.deserialize(Buffer.from(each), { collect: (row) => singly.push(row) })
    expect(whole.rows).toStrictEqual(singly)
    for (const chunkBytes of [64, 1000, 9000]) expect((await readLines(format.fileReader as ReturnType<typeof jsonLines>['fileReader'], input(text, chunkBytes))).rows).toStrictEqual(whole.rows)
    let before = 0
    for (const { position, values } of (await readLines(format.fileReader as ReturnType<typeof jsonLines>['fileReader'], input(text, 3000))).batches) {
      expect((await readLines(format.fileReader as ReturnType<typeof jsonLines>['fileReader'], input(text), { position })).rows).toStrictEqual(whole.rows.slice(before))
      before += values.length
    }
  }
})
