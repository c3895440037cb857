import { types } from '@millrace/core'
import type { AnyType, TypeInformation, TypeSchema } from '@millrace/core/spi'
import { itemOf, parseSchema } from './avro-type.ts'
import type { AvroSchema, AvroType } from './avro-type.ts'

/** Months, days and milliseconds, which do not add up to one number: none of them has a fixed length in the others. */
export const DURATION: TypeSchema = { kind: 'row', fields: [{ name: 'months', type: { kind: 'long' } }, { name: 'days', type: { kind: 'long' } }, { name: 'millis', type: { kind: 'long' } }] }

/**
 * The type of the values of an Avro schema: `long` as safe-range numbers, any timestamp as epoch milliseconds, any time as
 * milliseconds, a union with null as nullable. Other unions and records inside themselves are of no declared structure
 * (`generic`). Throws AVRO_SCHEMA.
 */
export function typeOfAvroSchema(schema: AvroSchema): TypeInformation<unknown> {
  return informationOf(naturalType(parseSchema(schema, 'typeOfAvroSchema').type))
}

/** `enclosing`: the records around `type`. */
export function naturalType(type: AvroType, enclosing: readonly AvroType[] = []): TypeSchema {
  const logical = logicalTypeSchema(type)
  if (logical !== undefined) return logical
  switch (type.kind) {
    case 'null':
      return { kind: 'nullable', of: { kind: 'json' } }
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'bytes':
    case 'string':
      return { kind: type.kind }
    case 'fixed':
      return { kind: 'bytes' }
    case 'enum':
      return { kind: 'enum', values: type.symbols }
    case 'array':
      return { kind: 'list', of: naturalType(itemOf(type), enclosing) }
    case 'map':
      return { kind: 'map', key: { kind: 'string' }, value: naturalType(itemOf(type), enclosing) }
    case 'union':
      return unionType(type, enclosing)
    case 'record': {
      if (enclosing.includes(type)) return { kind: 'generic' }
      const inner = [...enclosing, type]
      return { kind: 'row', fields: type.fields.map((field) => ({ name: field.name, type: naturalType(field.type, inner) })) }
    }
  }
}

function unionType({ branches }: AvroType, enclosing: readonly AvroType[]): TypeSchema {
  const values = branches.filter(({ kind }) => kind !== 'null')
  const [only] = values
  const type: TypeSchema = values.length === 1 && only !== undefined ? naturalType(only, enclosing) : { kind: 'generic' }
  return values.length === branches.length ? type : { kind: 'nullable', of: type }
}

function logicalTypeSchema({ logical }: AvroType): TypeSchema | undefined {
  if (logical === undefined) return undefined
  const { name, precision, scale } = logical
  if (name === 'decimal') return { kind: 'decimal', precision, scale }
  if (name === 'uuid') return { kind: 'string' }
  if (name === 'duration') return DURATION
  if (name === 'date') return { kind: 'date' }
  return name.startsWith('time-') ? { kind: 'time' } : { kind: 'timestamp' }
}

/** For the kinds that `naturalType` gives. */
export function informationOf(schema: TypeSchema): TypeInformation<unknown> {
  return (informationOfKind(schema) ?? types.generic<unknown>()) as TypeInformation<unknown>
}

function informationOfKind(schema: TypeSchema): AnyType | undefined {
  switch (schema.kind) {
    case 'nullable':
      return informationOf(schema.of).nullable()
    case 'decimal':
      return types.decimal(schema.precision, schema.scale)
    case 'enum': {
      const [first, ...others] = schema.values
      return first === undefined ? undefined : types.enumOf(first, ...others)
    }
    case 'list':
      return types.list(informationOf(schema.of))
    case 'map':
      return types.map(types.string(), informationOf(schema.value))
    case 'row':
      return types.row(Object.fromEntries(schema.fields.map(({ name, type }) => [name, informationOf(type)])))
    default:
      return SIMPLE[schema.kind]?.()
  }
}

const SIMPLE: { readonly [kind in TypeSchema['kind']]?: () => AnyType } = {
  string: types.string,
  boolean: types.boolean,
  int: types.int,
  long: types.long,
  float: types.float,
  double: types.double,
  bytes: types.bytes,
  timestamp: types.timestamp,
  date: types.date,
  time: types.time,
  json: types.json,
}
