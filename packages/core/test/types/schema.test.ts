import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeSchema } from '../../src/types/describe-schema.ts'
import { inferType } from '../../src/types/infer-type.ts'
import { sameSchema } from '../../src/types/same-schema.ts'
import * as types from '../../src/types/types.ts'
import type { AnyType } from '../../src/types/type-information.ts'
import { typedValues } from './arbitrary-type.ts'

it('describes every kind of schema', () => {
  const A = types.row({ kind: types.enumOf('a'), n: types.int() })
  const B = types.row({ kind: types.enumOf('b') })
  const described: readonly (readonly [AnyType, string])[] = [
    [types.row({ origin: types.string(), delay: types.int().nullable() }), 'row(origin string, delay int?)'],
    [types.list(types.map(types.string(), types.decimal(10, 2))), 'list(map(string, decimal(10, 2)))'],
    [types.tuple(types.bytes(), types.generic()), 'tuple(bytes, generic)'],
    [types.union(A, B), 'union(row(kind enum("a"), n int), row(kind enum("b")))'],
    [types.custom({ id: 'p', version: 2, write: () => undefined, read: () => 1 }), 'custom(p v2)'],
  ]
  for (const [type, text] of described) expect(describeSchema(type.schema)).toBe(text)
})

it('finds schemas equal to their copies and different from everything that has other bytes', () => {
  fc.assert(
    fc.property(typedValues, typedValues, ({ type: a }, { type: b }) => {
      const copy: unknown = JSON.parse(JSON.stringify(a.schema))
      expect(sameSchema(a.schema, copy as typeof a.schema)).toBe(true)
      expect(sameSchema(a.schema, b.schema)).toBe(JSON.stringify(a.schema) === JSON.stringify(b.schema))
    }),
    { numRuns: 200 },
  )
  const { row, int, long, string, enumOf, decimal } = types
  const different: readonly (readonly [AnyType, AnyType])[] = [
    [row({ a: int(), b: int() }), row({ b: int(), a: int() })],
    [row({ a: int() }), row({ a: int().nullable() })],
    [row({ a: int() }), row({ a: int(), b: int() })],
    [row({ a: int() }), row({ a: long() })],
    [row({ 'a int, b': int() }), row({ a: int(), b: int() })],
    [enumOf('a', 'b'), enumOf('b', 'a')],
    [enumOf('a", "b'), enumOf('a', 'b')],
    [decimal(5, 2), decimal(5, 3)],
    [types.list(int()), types.tuple(int())],
    [types.tuple(int()), types.tuple(int(), string())],
    [types.map(int(), int()), types.map(int(), long())],
  ]
  for (const [a, b] of different) {
    expect(sameSchema(a.schema, b.schema)).toBe(false)
    expect(sameSchema(b.schema, a.schema)).toBe(false)
  }
})

it('infers the types of primitives and nothing more', () => {
  expect([inferType('a'), inferType(1), inferType(1n), inferType(true), inferType(new Uint8Array(1))]).toEqual([
    types.string(),
    types.double(),
    types.bigint(),
    types.boolean(),
    types.bytes(),
  ])
  for (const sample of [null, undefined, {}, [], new Date(0), () => 1]) expect(inferType(sample)).toBeUndefined()
})
