import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'

/**
 * From a value to what is kept of it until its row group is written: checked numbers, bigints, text and bytes; decimals as
 * bigints without their point; arrays and objects of them. Throws PARQUET_TYPE_MISMATCH.
 */
export type ValueEncoder = (value: unknown) => unknown

const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n
const MAX_TIMESTAMP_MS = 8.64e15

/** @param path of the column or of what is inside it, for messages. */
export function valueEncoder(type: TypeSchema, path: string): ValueEncoder {
  switch (type.kind) {
    case 'nullable': {
      const encode = valueEncoder(type.of, path)
      return (value) => (value === null ? null : encode(value))
    }
    case 'boolean':
      return checked(path, 'a boolean', (value) => typeof value === 'boolean')
    case 'int':
      return checked(path, 'a whole number of 32 bits', (value) => ((value as number) | 0) === value)
    case 'float':
    case 'double':
      return checked(path, 'a number', (value) => typeof value === 'number')
    case 'string':
      return checked(path, 'a string', (value) => typeof value === 'string')
    case 'enum': {
      const values = new Set<unknown>(type.values)
      return checked(path, `one of ${type.values.join(', ')}`, (value) => values.has(value))
    }
    case 'date':
      return checked(path, 'a date in whole days since 1970-01-01', (value) => Number.isInteger(value) && Math.abs(value as number) <= 1e8)
    case 'time':
      return checked(path, 'a time of day in whole milliseconds', (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 86_400_000)
    case 'bytes':
      return checked(path, 'a Uint8Array', (value) => value instanceof Uint8Array)
    case 'long':
      return checked(path, 'a whole number within ±(2^53 − 1); types.bigint() holds larger ones', Number.isSafeInteger)
    case 'timestamp':
      return checked(path, 'a timestamp in whole epoch milliseconds', (value) => Number.isInteger(value) && Math.abs(value as number) <= MAX_TIMESTAMP_MS)
    case 'bigint':
      return checked(path, 'a bigint of 64 bits', (value) => typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_LONG)
    case 'json':
      return (value) => JSON.stringify(value) ?? fail(path, 'a JSON value', value)
    case 'decimal':
      return decimalEncoder(type.precision, type.scale, path)
    case 'list': {
      const encode = itemEncoder(type.of, `${path}[]`)
      return (value) => (Array.isArray(value) ? value.map(encode) : fail(path, 'an array', value))
    }
    case 'map': {
      const [key, of] = [itemEncoder(type.key, `${path}[]`), itemEncoder(type.value, `${path}[]`)]
      return (value) => (value instanceof Map ? Array.from(value, ([eachKey, each]) => ({ key: key(eachKey), value: of(each) })) : fail(path, 'a Map', value))
    }
    case 'row': {
      const fields = type.fields.map(({ name, type: of }) => ({ name, encode: itemEncoder(of, `${path}.${name}`) }))
      return (value) => {
        if (typeof value !== 'object' || value === null) return fail(path, 'an object', value)
        return Object.fromEntries(fields.map(({ name, encode }) => [name, encode((value as Readonly<Record<string, unknown>>)[name])]))
      }
    }
    default:
      return (value) => fail(path, `a type that Parquet has, not ${type.kind}`, value)
  }
}

/** Inside lists, maps and rows 64-bit numbers are made bigints at once; columns do that for all their values together. */
function itemEncoder(type: TypeSchema, path: string): ValueEncoder {
  const encode = valueEncoder(type, path)
  const { kind } = type.kind === 'nullable' ? type.of : type
  if (kind !== 'long' && kind !== 'timestamp') return encode
  return (value) => {
    const stored = encode(value)
    return stored === null ? null : BigInt(stored as number)
  }
}

function checked(path: string, expected: string, holds: (value: unknown) => boolean): ValueEncoder {
  return (value) => (holds(value) ? value : fail(path, expected, value))
}

function decimalEncoder(precision: number, scale: number, path: string): ValueEncoder {
  const expected = `a decimal string of at most ${precision} digits with exactly ${scale} after the point`
  const normalForm = new RegExp(`^-?(?:0|[1-9]\\d*)${scale === 0 ? '' : `\\.\\d{${scale}}`}$`)
  const limit = 10n ** BigInt(precision)
  return (value) => {
    if (typeof value !== 'string' || !normalForm.test(value)) return fail(path, expected, value)
    const unscaled = BigInt(value.replace('.', ''))
    return unscaled < limit && unscaled > -limit ? unscaled : fail(path, expected, value)
  }
}

function fail(path: string, expected: string, found: unknown): never {
  const what = found === null || found === undefined ? String(found) : typeof found === 'number' || typeof found === 'bigint' ? `${typeof found} ${found}` : `a value of type ${typeof found}`
  throw new MillraceError('PARQUET_TYPE_MISMATCH', `Cannot write the column ${path} as Parquet: expected ${expected}, found ${what}. Make the value fit its type`, { origin: 'user', at: { field: path } })
}
