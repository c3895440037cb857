import { MillraceError } from '../errors.ts'
import { defineType } from './define-type.ts'
import { inField, typeMismatch } from './type-mismatch.ts'
import type { JsonValue } from './json-value.ts'
import type { TypeInformation } from './type-information.ts'

const JSON_TYPE: TypeInformation<JsonValue> = defineType<JsonValue>(
  { kind: 'json' },
  {
    id: 'json',
    version: 1,
    write(value, output) {
      checkJson(value)
      output.writeString(JSON.stringify(value))
    },
    read(input) {
      const text = input.readString()
      try {
        return JSON.parse(text) as JsonValue
      } catch (error) {
        throw MillraceError.wrap(error, 'CORE_DATA_CORRUPT', 'expected a value as JSON text', { origin: 'external' })
      }
    },
  },
)

/** Any JSON value, written as JSON text. What JSON would drop or change (undefined, NaN, dates, classes) is refused. */
export function json(): TypeInformation<JsonValue> {
  return JSON_TYPE
}

function checkJson(value: unknown): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return
  if (typeof value !== 'object' || !isPlain(value)) throw typeMismatch('a JSON value', value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) checkMember(value[index], `[${index}]`)
    return
  }
  for (const name of Object.keys(value)) checkMember((value as Record<string, unknown>)[name], name)
}

function checkMember(value: unknown, segment: string): void {
  try {
    checkJson(value)
  } catch (error) {
    throw inField(error, segment)
  }
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
