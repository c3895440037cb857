import fc from 'fast-check'
import * as types from '../../src/types/types.ts'
import type { TypeInformation } from '../../src/types/type-information.ts'

/** A type and an arbitrary of its values. */
export interface TypedValues {
  readonly type: TypeInformation<unknown>
  readonly values: fc.Arbitrary<unknown>
}

function typed<T>(type: TypeInformation<T>, values: fc.Arbitrary<T>): TypedValues {
  return { type: type as unknown as TypeInformation<unknown>, values }
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 10, maxLength: 200 }))
const decimals = fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }).map((unscaled) => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(4, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
})

const leaves: readonly TypedValues[] = [
  typed(types.string(), text),
  typed(types.boolean(), fc.boolean()),
  typed(types.int(), fc.integer()),
  typed(types.long(), fc.maxSafeInteger()),
  typed(types.bigint(), fc.bigInt()),
  typed(types.float(), fc.float()),
  typed(types.double(), fc.double()),
  typed(types.bytes(), fc.uint8Array()),
  typed(types.timestamp(), fc.integer({ min: -8.64e15, max: 8.64e15 })),
  typed(types.date(), fc.integer({ min: -100_000_000, max: 100_000_000 })),
  typed(types.time(), fc.integer({ min: 0, max: 86_399_999 })),
  typed(types.decimal(20, 3), decimals),
  typed(types.enumOf('red', 'green', 'blue'), fc.constantFrom('red', 'green', 'blue')),
  typed(
    types.json(),
    fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value))),
  ),
  typed(types.generic(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.boolean()))),
]

const fieldName = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '_', 'Z', '9', '"', '\\', '\n', ' ', 'é') }),
  fc.constantFrom('toString', 'v', 'row', 'at', '0'),
)

/** Random types, rows and collections nested, with values that fit them. */
export const typedValues: fc.Arbitrary<TypedValues> = fc.letrec<{ node: TypedValues; row: TypedValues }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('row'),
    tie('node').map(({ type, values }) => typed(type.nullable(), fc.option(values))),
    tie('node').map(({ type, values }) => typed(types.list(type), fc.array(values, { maxLength: 4 }))),
    tie('node').map(({ type, values }) =>
      typed(
        types.map(types.string(), type),
        fc.array(fc.tuple(fc.string(), values), { maxLength: 4 }).map((entries) => new Map(entries)),
      ),
    ),
    fc
      .tuple(tie('node'), tie('node'))
      .map(([a, b]) => typed(types.tuple(a.type, b.type), fc.tuple(a.values, b.values) as fc.Arbitrary<readonly [unknown, unknown]>)),
  ),
  row: rowOf(tie('node')),
})).node

/** A row of up to 20 fields, about half of them nullable: more than two bytes of null bitmap happen. */
export const typedRows: fc.Arbitrary<TypedValues> = rowOf(typedValues)

function rowOf(field: fc.Arbitrary<TypedValues>): fc.Arbitrary<TypedValues> {
  const named = fc.tuple(fieldName, field, fc.boolean())
  return fc.uniqueArray(named, { selector: ([name]) => name, maxLength: 20 }).map((fields) => {
    const typeOf = Object.fromEntries(fields.map(([name, { type }, nullable]) => [name, nullable ? type.nullable() : type]))
    const valuesOf = Object.fromEntries(fields.map(([name, { values }, nullable]) => [name, nullable ? fc.option(values) : values]))
    return typed(types.row(typeOf), fc.record(valuesOf, { noNullPrototype: true }) as fc.Arbitrary<never>)
  })
}
