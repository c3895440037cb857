import type { TypeSchema } from '@millrace/core/spi'
import { unsupported } from './from-json.ts'
import { JsonMismatch } from './json-mismatch.ts'
import { plainJson, rawNumber } from './plain-json.ts'
import { variantOf } from './union-variant.ts'

/** Makes what JSON.stringify writes as it should of a value of a type. Throws JsonMismatch. */
export type ToJson = (value: unknown) => unknown

const MAX_TIMESTAMP_MS = 8.64e15
const DAY_MS = 86_400_000

/** The reverse of `fromJson`. Timestamps, dates and times become ISO 8601 text, decimals text. */
export function toJson(schema: TypeSchema, path = ''): ToJson {
  switch (schema.kind) {
    case 'nullable': {
      const convert = toJson(schema.of, path)
      return (value) => (value === null ? null : convert(value))
    }
    case 'string':
    case 'decimal':
      return checking(path, schema.kind, (value) => typeof value === 'string')
    case 'boolean':
      return checking(path, schema.kind, (value) => typeof value === 'boolean')
    case 'int':
    case 'long':
      return checking(path, schema.kind, Number.isSafeInteger)
    case 'float':
    case 'double':
      return checking(path, schema.kind, (value) => typeof value === 'number', (value) => plainJson(value))
    case 'bigint':
      return checking(path, schema.kind, (value) => typeof value === 'bigint', (value) => rawNumber(value as bigint))
    case 'enum':
      return checking(path, `one of ${schema.values.join(', ')}`, (value) => schema.values.includes(value as string))
    case 'timestamp':
      return checking(path, schema.kind, within(-MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS), (value) => isoText(value as number))
    case 'date':
      return checking(path, schema.kind, within(-MAX_TIMESTAMP_MS / DAY_MS, MAX_TIMESTAMP_MS / DAY_MS), (value) => {
        const text = isoText((value as number) * DAY_MS)
        return typeof text === 'string' ? text.slice(0, 10) : value
      })
    case 'time':
      return checking(path, schema.kind, within(0, DAY_MS - 1), (value) => new Date(value as number).toISOString().slice(11, 23))
    case 'bytes':
      return checking(path, schema.kind, (value) => value instanceof Uint8Array, (value) => plainJson(value))
    case 'list': {
      const convert = toJson(schema.of, `${path}[]`)
      return checking(path, 'an array', Array.isArray, (value) => (value as unknown[]).map(convert))
    }
    case 'tuple': {
      const converters = schema.of.map((of, index) => toJson(of, `${path}[${index}]`))
      const fits = (value: unknown): boolean => Array.isArray(value) && value.length === converters.length
      return checking(path, `an array of ${converters.length}`, fits, (value) => converters.map((convert, index) => convert((value as unknown[])[index])))
    }
    case 'map': {
      const [key, value] = [toJson(schema.key, `${path} key`), toJson(schema.value, `${path}{}`)]
      const asObject = schema.key.kind === 'string' || schema.key.kind === 'enum'
      return checking(path, 'a Map', (map) => map instanceof Map, (map) => {
        const entries = Array.from(map as Map<unknown, unknown>, ([k, v]) => [key(k), value(v)] as const)
        return asObject ? Object.fromEntries(entries as [string, unknown][]) : entries
      })
    }
    case 'row': {
      const fields = schema.fields.map(({ name, type }) => ({ name, convert: toJson(type, path === '' ? name : `${path}.${name}`) }))
      return checking(path, 'an object', (value) => typeof value === 'object' && value !== null, (value) => {
        const row: Record<string, unknown> = {}
        for (const { name, convert } of fields) row[name] = convert((value as Readonly<Record<string, unknown>>)[name])
        return row
      })
    }
    case 'union': {
      const converters = schema.of.map((of) => toJson(of, path))
      return checking(path, 'a row of the union', (value) => variantOf(schema.of, value) >= 0, (value) => converters[variantOf(schema.of, value)]?.(value))
    }
    case 'json':
    case 'generic':
      return checking(path, 'a JSON value', (value) => value !== undefined, (value) => plainJson(value))
    case 'custom':
      throw unsupported(schema.id, path)
  }
}

function checking(path: string, expected: string, fits: (value: unknown) => boolean, convert?: (value: unknown) => unknown): ToJson {
  return (value) => {
    if (!fits(value)) throw new JsonMismatch(path, expected, value)
    return convert === undefined ? value : convert(value)
  }
}

function within(min: number, max: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

/** Years beyond 9999 stay epoch milliseconds: few readers take ISO 8601's six-digit years. */
function isoText(ms: number): string | number {
  const text = new Date(ms).toISOString()
  return text.length === 24 ? text : ms
}
