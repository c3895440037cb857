import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasLongDigits } from '../src/exact-number.ts'
import { changeType, debeziumJson, jsonLines } from '../src/index.ts'
import { input, readLines } from './read-lines.ts'

const shown = (text: string): Promise<unknown> =>
  readLines(jsonLines().fileReader, input(text)).then(({ rows: values, bad }) => [values, bad.map(({ record }) => [record.code, record.line])])

describe('lines parsed together', () => {
  test.each([
    ['two objects on a line and one on two', '{"x":1},{"y":2}\n{"a":[{"b":1}\n{"c":2}]}\n'],
    ['the same with blanks', '{"x":1} ,\t{"y":2}\n{"a":[{"b":1}\n{"c":2}]}\n'],
    ['a number between objects', '{"x":1},2,{"y":2}\n{"a":[{"b":1}\n{"c":2}]}\n{"a":[{"b":1}\n{"c":2}]}\n'],
    ['a string over two lines', '{"x":1},{"y":2}\n{"a":"}\n{":1}\n'],
    ['an array between objects', '{"x":1},[2],{"y":2}\n{"a":"}\n{":1}\n{"a":"}\n{":1}\n'],
  ])('%s that make up for each other are still bad', async (_name, broken) => {
    const lines = broken.split('\n').length - 1
    const good = '{"ok":[{"a":1},{"a":2}]}\n'
    expect(await shown(good + broken + good)).toEqual([[{ ok: [{ a: 1 }, { a: 2 }] }, { ok: [{ a: 1 }, { a: 2 }] }], Array.from({ length: lines }, (_, i) => ['JSON_SYNTAX', i + 2])])
  })

  test('give what parsing each gives, whatever the lines', async () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '1', ' ', '{"a":1}', '{"b":[{"c":2}]}', '},{', 'null')
    const line = fc.oneof(fc.array(piece, { maxLength: 6 }).map((parts) => `{${parts.join('')}}`), fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        const { rows: values, bad } = await readLines(jsonLines().fileReader, input(lines.join('\n')))
        const parsed = lines.filter((text) => text.trim() !== '').map((text) => { try { return JSON.parse(text) as unknown } catch { return undefined } })
        expect(values).toEqual(parsed.filter((value) => value !== undefined))
        expect(bad.length).toBe(parsed.filter((value) => value === undefined).length)
      }),
      { numRuns: 500 },
    )
  })
})

describe('integers that a number cannot hold', () => {
  test('are bad records, or bigints if asked for, but never rounded', async () => {
    const text = '{"id":9007199254740991}\n{"id":9007199254740993}\n{"id":1.00000000000000012}\n{"id":[12345678901234567890]}\n'
    const rejected = await readLines(jsonLines().fileReader, input(text))
    expect([rejected.rows, rejected.bad.map(({ record }) => [record.code, record.field])]).toEqual([[{ id: 9007199254740991 }, { id: 1.0000000000000002 }], [['JSON_VALUE', 'id'], ['JSON_VALUE', 'id']]])
    const exact = await readLines(jsonLines(undefined, { largeIntegers: 'bigint' }).fileReader, input(text))
    expect(exact.rows).toEqual([{ id: 9007199254740991 }, { id: 9007199254740993n }, { id: 1.0000000000000002 }, { id: [12345678901234567890n] }])
    const typed = await readLines(jsonLines(types.row({ id: types.json() })).fileReader, input(text))
    expect(typed.bad.length).toBe(2)
  })

  test('are found by one byte in 16 wherever they lie', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom('a', '.', ' '), fc.bigInt({ min: 10n ** 12n, max: 10n ** 20n }).map(String)), { maxLength: 8 }), fc.nat(20), (parts, start) => {
        const text = parts.join('')
        expect(hasLongDigits(Buffer.from(' '.repeat(start) + text), start, start + text.length)).toBe(/(?<![.\d])\d{16}/.test(text))
      }),
      { numRuns: 500 },
    )
  })

  test('a fraction that rounding makes whole is no long', async () => {
    const { bad } = await readLines(jsonLines(types.row({ id: types.long() })).fileReader, input('{"id":9007199254740991.4}\n'))
    expect(bad.map(({ record }) => record.field)).toEqual(['id'])
  })
})

describe('debeziumJson', () => {
  const User = types.row({ id: types.bigint(), name: types.string() })
  const format = debeziumJson(User)
  const [ada, eva] = [{ id: 1, name: 'Ada' }, { id: 9007199254740993n, name: 'Eva' }]
  const line = (value: unknown): string => `${JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(each)) : each))}\n`

  test('carries the kind of change with the row', async () => {
    const text =
      line({ before: null, after: ada, op: 'c', ts_ms: 1 }) +
      line({ schema: {}, payload: { before: ada, after: eva, op: 'u' } }) +
      'null\n' +
      line({ schema: null, payload: null }) +
      line({ before: eva, after: null, op: 'd' }) +
      line({ after: ada, op: 'r' })
    const { rows: values, bad } = await readLines(format.fileReader, input(text))
    expect(bad).toEqual([])
    const Ada = { id: 1n, name: 'Ada' }
    expect(values).toEqual([{ kind: 'insert', row: Ada }, { kind: 'update-before', row: Ada }, { kind: 'update-after', row: eva }, { kind: 'delete', row: eva }, { kind: 'insert', row: Ada }])
    expect(format.type.schema).toEqual(changeType(User).schema)
  })

  test.each([
    ['an update without the row before', { before: null, after: ada, op: 'u' }, 'before'],
    ['an unknown op', { before: null, after: ada, op: 'm' }, 'op'],
    ['a row that does not fit', { before: null, after: { id: 'x' }, op: 'c' }, 'after.id'],
    ['no event', [1], null],
  ])('%s is a bad record', async (_name, value, field) => {
    const { rows: values, bad } = await readLines(format.fileReader, input(line(value)))
    expect([values, bad.map(({ record }) => [record.code, record.field])]).toEqual([[], [['JSON_VALUE', field]]])
  })

  test('messages of it come back', () => {
    const serializer = format.serialization.open()
    const deserializer = format.deserialization.open()
    const back: unknown[] = []
    for (const kind of ['insert', 'update-before', 'update-after', 'delete'] as const) deserializer.deserialize(serializer.serialize({ kind, row: eva as { id: bigint; name: string } }), { collect: (value) => void back.push(value) })
    expect(back.map((value) => (value as { kind: string }).kind)).toEqual(['insert', 'delete', 'insert', 'delete'])
  })
})
