import { MillraceError } from '../errors.ts'
import { list } from './collection-types.ts'
import { json } from './json-type.ts'
import { double, int, long } from './number-types.ts'
import { row } from './row-type.ts'
import { boolean, enumOf, string } from './simple-types.ts'
import type { AnyType, TypeInformation } from './type-information.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The type of the values that a JSON Schema (draft 2020-12) describes, as a validator library derives it: objects become rows,
 * integers within 32 bits int, others long. What no other type fits is JSON. Throws CORE_INVALID_TYPE for an optional property
 * of an object, since rows have all their fields.
 */
export function typeOfJsonSchema(schema: JsonSchema, path = ''): AnyType {
  const alternatives = schema['anyOf']
  if (Array.isArray(alternatives)) {
    const others = (alternatives as JsonSchema[]).filter((each) => each['type'] !== 'null')
    const [only] = others
    if (only === undefined || others.length > 1 || others.length === alternatives.length) return json()
    return nullable(typeOfJsonSchema(only, path))
  }
  const { type } = schema as { readonly type?: unknown }
  if (Array.isArray(type)) {
    const others = (type as unknown[]).filter((each) => each !== 'null')
    return others.length === 1 && others.length < type.length ? nullable(typeOfJsonSchema({ ...schema, type: others[0] }, path)) : json()
  }
  switch (type) {
    case 'string': {
      const values = schema['enum']
      const [first, ...rest] = Array.isArray(values) && values.every((value) => typeof value === 'string') ? values : []
      return first === undefined ? string() : enumOf(first, ...rest)
    }
    case 'boolean':
      return boolean()
    case 'number':
      return double()
    case 'integer':
      return Number(schema['minimum']) >= -(2 ** 31) && Number(schema['maximum']) < 2 ** 31 ? int() : long()
    case 'array': {
      const items = schema['items']
      return isSchema(items) && schema['prefixItems'] === undefined ? list(typeOfJsonSchema(items, `${path}[]`) as TypeInformation<unknown>) : json()
    }
    case 'object':
      return rowOf(schema, path)
    default:
      return json()
  }
}

function rowOf(schema: JsonSchema, path: string): AnyType {
  const properties = schema['properties']
  if (!isSchema(properties)) return json()
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  const fields = Object.entries(properties).map(([name, property]) => {
    const place = path === '' ? name : `${path}.${name}`
    if (!required.has(name)) {
      throw new MillraceError('CORE_INVALID_TYPE', `expected a schema whose properties are all required, found ${place} optional; make it nullable, as absent fields are null`, {
        origin: 'user',
        at: { field: place },
      })
    }
    return [name, isSchema(property) ? typeOfJsonSchema(property, place) : json()] as const
  })
  return row(Object.fromEntries(fields))
}

function nullable(type: AnyType): AnyType {
  return (type as TypeInformation<unknown>).nullable() as AnyType
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
