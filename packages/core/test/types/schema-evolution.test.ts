import { describe, expect, test } from 'vitest'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import { describeSchema } from '../../src/types/describe-schema.ts'
import { readerOf } from '../../src/types/schema-evolution.ts'
import { typeFromSchema } from '../../src/types/type-from-schema.ts'
import type { AnyType, TypeInformation } from '../../src/types/type-information.ts'
import * as types from '../../src/types/types.ts'

/** What `value`, written as `written`, is as `now`. */
function evolve<T>(written: TypeInformation<T>, now: AnyType, value: T): unknown {
  const output = createDataOutput(64)
  written.serializer.write(value, output)
  const input = createDataInput(output.bytes())
  const read = readerOf(now, JSON.parse(JSON.stringify(written.schema)) as typeof written.schema)
  if (read === undefined) throw new Error(`${describeSchema(written.schema)} is not read as ${describeSchema(now.schema)}`)
  const result = read(input)
  expect(input.remaining).toBe(0)
  return result
}

describe('what is read', () => {
  test('wider numbers, exactly', () => {
    for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(evolve(types.int(), types.long(), value)).toBe(value)
      expect(evolve(types.int(), types.double(), value)).toBe(value)
    }
    expect(evolve(types.long(), types.double(), Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
    expect(evolve(types.float(), types.double(), Math.fround(0.1))).toBe(Math.fround(0.1))
  })
  test('what may be null now, and wider inside', () => {
    expect(evolve(types.string(), types.string().nullable(), 'a')).toBe('a')
    expect(evolve(types.int().nullable(), types.long().nullable(), null)).toBe(null)
    expect(evolve(types.int().nullable(), types.double().nullable(), 4)).toBe(4)
  })
  test('rows: fields added, removed, renamed, moved, wider and nullable, more than eight of them null or not', () => {
    const names = Array.from({ length: 12 }, (_, index) => `f${index}`)
    const written = types.row({ kept: types.int(), ...Object.fromEntries(names.map((name) => [name, types.string().nullable()])), last: types.boolean() })
    const now = types.row(
      { last: types.boolean().nullable(), new: types.json().nullable(), eleven: types.string().nullable(), kept: types.long(), f2: types.string().nullable() },
      { renamed: { eleven: 'f11' } },
    )
    const value = { kept: 7, ...Object.fromEntries(names.map((name, index) => [name, index % 3 === 2 ? name : null])), last: true }
    const read = evolve(written, now, value) as object
    expect(read).toEqual({ last: true, new: null, eleven: 'f11', kept: 7, f2: 'f2' })
    expect(Object.keys(read)).toEqual(['last', 'new', 'eleven', 'kept', 'f2'])
  })
  test('at any depth', () => {
    const old = types.row({ n: types.int() })
    const now = types.row({ m: types.double(), more: types.string().nullable() }, { renamed: { m: 'n' } })
    const nested = (of: AnyType): AnyType => {
      const known = of as TypeInformation<unknown>
      return types.row({ list: types.list(known), map: types.map(types.string(), known.nullable()), pair: types.tuple(types.string(), types.row({ of }).nullable()) })
    }
    const value = { list: [{ n: 1 }, { n: 2 }], map: new Map([['a', { n: 3 }], ['b', null]]), pair: ['x', { of: { n: 4 } }] }
    expect(evolve(nested(old) as TypeInformation<unknown>, nested(now), value)).toEqual({
      list: [{ m: 1, more: null }, { m: 2, more: null }],
      map: new Map([['a', { m: 3, more: null }], ['b', null]]),
      pair: ['x', { of: { m: 4, more: null } }],
    })
  })
  test('enums and unions that have got more members; an enum in another order too', () => {
    expect(evolve(types.enumOf('a', 'b'), types.enumOf('c', 'b', 'a'), 'b')).toBe('b')
    const a = types.row({ kind: types.enumOf('a'), n: types.int() })
    const b = types.row({ kind: types.enumOf('b'), s: types.string() })
    const c = types.row({ kind: types.enumOf('c') })
    const wider = types.row({ kind: types.enumOf('a'), n: types.long(), x: types.int().nullable() })
    expect(evolve(types.union(a, b), types.union(wider, b, c), { kind: 'a', n: 1 })).toEqual({ kind: 'a', n: 1, x: null })
    expect(evolve(types.union(a, b), types.union(wider, b, c), { kind: 'b', s: 's' })).toEqual({ kind: 'b', s: 's' })
  })
  test('a renamed field keeps its name in state that was written after the renaming', () => {
    const now = types.row({ total: types.double(), added: types.int().nullable() }, { renamed: { total: 'sum' } })
    expect(evolve(types.row({ total: types.double() }), now, { total: 1 })).toEqual({ total: 1, added: null })
  })
  test('a custom type that has stayed the same, inside a row that has not', () => {
    const upper = types.custom<string>({ id: 'upper', version: 1, write: (value, output) => output.writeString(value), read: (input) => input.readString().toUpperCase() })
    expect(evolve(types.row({ name: upper }), types.row({ name: upper, n: types.int().nullable() }), { name: 'x' })).toEqual({ name: 'X', n: null })
  })
})

test('what is not: nothing is lost or made up', () => {
  const refused: readonly (readonly [AnyType, AnyType])[] = [
    [types.long(), types.int()],
    [types.double(), types.float()],
    [types.int(), types.float()],
    [types.long(), types.bigint()],
    [types.string(), types.json()],
    [types.string().nullable(), types.string()],
    [types.row({ a: types.int() }), types.row({ a: types.int(), b: types.int() })],
    [types.row({ a: types.int() }), types.row({ b: types.int() })],
    [types.row({ a: types.int().nullable() }), types.row({ a: types.int() })],
    [types.map(types.int(), types.int()), types.map(types.long(), types.int())],
    [types.tuple(types.int()), types.tuple(types.int(), types.int())],
    [types.enumOf('a', 'b'), types.enumOf('a')],
    [types.list(types.string()), types.list(types.int())],
    [types.decimal(5, 2), types.decimal(6, 2)],
    [types.row({ a: types.custom({ id: 'c', version: 1, write() {}, read: () => 0 }), b: types.int() }), types.row({ b: types.int() })],
  ]
  for (const [written, now] of refused) expect(readerOf(now, written.schema), `${describeSchema(written.schema)} as ${describeSchema(now.schema)}`).toBeUndefined()
})

test('a type made of a schema reads what the type of that schema wrote', () => {
  const type = types.row({
    a: types.list(types.decimal(5, 2)).nullable(),
    b: types.map(types.enumOf('x', 'y'), types.tuple(types.date(), types.bytes())),
    c: types.union(types.row({ k: types.enumOf('1') }), types.row({ k: types.enumOf('2'), g: types.generic() })),
  })
  const value = { a: null, b: new Map([['y', [5, new Uint8Array([1])]]]), c: { k: '2', g: { z: [1n] } } } as const
  expect(typeFromSchema(type.schema)?.schema).toEqual(type.schema)
  const output = createDataOutput(64)
  type.serializer.write(value as never, output)
  expect(typeFromSchema(type.schema)?.serializer.read(createDataInput(output.bytes()))).toEqual(value)
  expect(typeFromSchema({ kind: 'list', of: { kind: 'custom', id: 'c', version: 1 } })).toBeUndefined()
})

test('names in `renamed` that cannot be meant are refused', () => {
  const fields = { a: types.int(), b: types.int() }
  expect(() => types.row(fields, { renamed: { c: 'old' } as never })).toThrow('c, which is not a field')
  expect(() => types.row(fields, { renamed: { a: 'b' } })).toThrow('b, which is a field of the row itself')
  expect(() => types.row(fields, { renamed: { a: 'old', b: 'old' } })).toThrow('two fields with the old name old')
})
