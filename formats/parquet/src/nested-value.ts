import type { TypeSchema } from '@millrace/core/spi'
import { INVALID } from './value-parser.ts'

/**
 * Fits a list, map or struct as the decoder assembled it (64-bit integers as bigints, times as bigint milliseconds, structs and
 * string-keyed maps as objects) to a type. INVALID if it does not fit.
 */
export function nestedValue(schema: TypeSchema, value: unknown): unknown {
  switch (schema.kind) {
    case 'nullable':
      return value === null || value === undefined ? null : nestedValue(schema.of, value)
    case 'generic':
    case 'json':
      return value ?? null
    case 'int':
      return Number.isInteger(value) || typeof value === 'bigint' ? within(Number(value), -(2 ** 31), 2 ** 31 - 1) : INVALID
    case 'long':
      return Number.isInteger(value) || typeof value === 'bigint' ? within(Number(value), -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) : INVALID
    case 'bigint':
      return Number.isSafeInteger(value) || typeof value === 'bigint' ? BigInt(value as bigint) : INVALID
    case 'timestamp':
    case 'date':
    case 'float':
    case 'double':
      return typeof value === 'number' ? value : INVALID
    case 'string':
      return typeof value === 'string' ? value : INVALID
    case 'boolean':
      return typeof value === 'boolean' ? value : INVALID
    case 'bytes':
      return value instanceof Uint8Array ? new Uint8Array(value) : INVALID
    case 'enum':
      return schema.values.includes(value as string) ? value : INVALID
    case 'list':
      return Array.isArray(value) ? valid(value.map((each) => nestedValue(schema.of, each))) : INVALID
    case 'row':
      return rowValue(schema.fields, value)
    case 'map':
      return mapValue(schema, value)
    default:
      return INVALID
  }
}

function rowValue(fields: Extract<TypeSchema, { kind: 'row' }>['fields'], value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return INVALID
  const values = fields.map(({ name, type }) => nestedValue(type, (value as Readonly<Record<string, unknown>>)[name]))
  return values.includes(INVALID) ? INVALID : Object.fromEntries(fields.map(({ name }, index) => [name, values[index]]))
}

function mapValue(schema: Extract<TypeSchema, { kind: 'map' }>, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return INVALID
  const entries = Object.entries(value).map(([key, each]) => [nestedValue(schema.key, key), nestedValue(schema.value, each)] as const)
  return entries.some((entry) => entry.includes(INVALID)) ? INVALID : new Map(entries)
}

function within(value: number, min: number, max: number): unknown {
  return value >= min && value <= max ? value : INVALID
}

function valid(values: readonly unknown[]): unknown {
  return values.includes(INVALID) ? INVALID : values
}
