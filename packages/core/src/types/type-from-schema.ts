import { list, map, tuple } from './collection-types.ts'
import { decimal } from './decimal-type.ts'
import { nullableOf } from './define-type.ts'
import { generic } from './generic-type.ts'
import { json } from './json-type.ts'
import { bigint, double, float, int, long } from './number-types.ts'
import { row } from './row-type.ts'
import { boolean, bytes, enumOf, string } from './simple-types.ts'
import { date, time, timestamp } from './time-types.ts'
import { union } from './union-type.ts'
import type { RowType } from './row-type.ts'
import type { AnyType, TypeInformation, TypeSchema } from './type-information.ts'

const SIMPLE = { string, boolean, int, long, bigint, float, double, bytes, timestamp, date, time, generic, json }

/** The type of a schema, so that what was written can be read without the program that wrote it. Undefined when there is a custom type in it. */
export function typeFromSchema(schema: TypeSchema): TypeInformation<unknown> | undefined {
  // a type is invariant in its values, which nobody knows here
  return build(schema) as TypeInformation<unknown> | undefined
}

function build(schema: TypeSchema): AnyType | undefined {
  switch (schema.kind) {
    case 'custom':
      return undefined
    case 'decimal':
      return decimal(schema.precision, schema.scale)
    case 'enum':
      return enumOf(...(schema.values as readonly [string, ...string[]]))
    case 'nullable':
      return whenKnown(typeFromSchema(schema.of), nullableOf)
    case 'list':
      return whenKnown(typeFromSchema(schema.of), list)
    case 'map': {
      const value = typeFromSchema(schema.value)
      return value === undefined ? undefined : whenKnown(typeFromSchema(schema.key), (key) => map(key, value))
    }
    case 'tuple':
      return whenKnown(allOf(schema.of), (of) => tuple(...of))
    case 'union':
      return whenKnown(allOf(schema.of), (of) => union(...(of as unknown as Parameters<typeof union>)))
    case 'row':
      return whenKnown(allOf(schema.fields.map(({ type }) => type)), (types) => rowOf(schema.fields.map(({ name }) => name), types))
    default:
      return SIMPLE[schema.kind]()
  }
}

function rowOf(names: readonly string[], types: readonly AnyType[]): RowType<Readonly<Record<string, AnyType>>> {
  return row(Object.fromEntries(names.map((name, index) => [name, types[index] as AnyType])))
}

function allOf(schemas: readonly TypeSchema[]): AnyType[] | undefined {
  const types = schemas.map(typeFromSchema).filter((type) => type !== undefined)
  return types.length === schemas.length ? types : undefined
}

function whenKnown<A, B>(value: A | undefined, then: (value: A) => B): B | undefined {
  return value === undefined ? undefined : then(value)
}
