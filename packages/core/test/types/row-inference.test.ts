import { expect, expectTypeOf, it } from 'vitest'
import * as types from '../../src/types/types.ts'
import type { AnyType, Infer, TypeInformation } from '../../src/types/type-information.ts'
import type { JsonValue } from '../../src/types/json-value.ts'

const Flight = types.row({ date: types.timestamp(), origin: types.string(), delay: types.int().nullable() })
interface Flight extends Infer<typeof Flight> {}

const Everything = types.row({
  flight: Flight,
  list: types.list(Flight),
  map: types.map(types.string(), types.bigint()),
  pair: types.tuple(types.string(), types.int().nullable()),
  color: types.enumOf('red', 'green'),
  json: types.json(),
  price: types.decimal(10, 2),
  any: types.generic<{ a: 1 }>(),
  raw: types.bytes().nullable(),
})

it('infers readonly rows', () => {
  expectTypeOf<Flight>().toEqualTypeOf<{ readonly date: number; readonly origin: string; readonly delay: number | null }>()
  const flight: Flight = { date: 1, origin: 'SEA', delay: null }
  // @ts-expect-error records are immutable
  const change = (changed: Flight): void => void (changed.origin = '')
  expect([flight, change]).toHaveLength(2)
})

it('infers what is inside', () => {
  expectTypeOf<Infer<typeof Everything>>().toEqualTypeOf<{
    readonly flight: { readonly date: number; readonly origin: string; readonly delay: number | null }
    readonly list: readonly { readonly date: number; readonly origin: string; readonly delay: number | null }[]
    readonly map: ReadonlyMap<string, bigint>
    readonly pair: readonly [string, number | null]
    readonly color: 'red' | 'green'
    readonly json: JsonValue
    readonly price: string
    readonly any: { a: 1 }
    readonly raw: Uint8Array | null
  }>()
})

it('lets a row type stand for its interface and for any type, but not for another', () => {
  const asFlight: TypeInformation<Flight> = Flight
  const asAny: AnyType = Flight
  const nullable: TypeInformation<Flight | null> = Flight.nullable()
  // @ts-expect-error a serializer of strings does not write numbers
  const wrong: TypeInformation<number> = types.string()
  // @ts-expect-error every field must be there
  const partial: TypeInformation<{ readonly date: number }> = Flight
  expect([asFlight, asAny, nullable, wrong, partial]).toHaveLength(5)
  expect(Object.keys(Flight.fields)).toEqual(['date', 'origin', 'delay'])
})
