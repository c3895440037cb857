import { expect, test } from 'vitest'
import { types } from '../../src/index.ts'
import type { AnyType } from '../../src/types/type-information.ts'
import { schemaCode } from '../../src/types/schema-code.ts'

test.each<[AnyType]>([
  [types.string()],
  [types.row({ id: types.bigint(), 'odd name': types.string().nullable(), "it's": types.enumOf('a', "b'c", 'd"\\\n'), nested: types.row({ price: types.decimal(12, 2), empty: types.row({}) }).nullable() })],
  [types.list(types.map(types.string(), types.tuple(types.int(), types.timestamp())))],
  [types.union(types.row({ kind: types.enumOf('up') }), types.row({ kind: types.enumOf('down'), at: types.date() }))],
  [types.row({ a: types.json(), b: types.bytes(), c: types.time(), d: types.boolean(), e: types.float(), f: types.generic() })],
])('the code of a type makes the type', (type) => {
  // oxlint-disable-next-line typescript/no-implied-eval -- that it is code is what is tested
  const made = new Function('types', `return ${schemaCode(type.schema)}`)(types) as AnyType
  expect(made.schema).toEqual(type.schema)
})
