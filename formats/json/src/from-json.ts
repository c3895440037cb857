import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import { ExactNumber } from './exact-number.ts'
import { parseIsoDate, parseIsoTime, parseIsoTimestamp } from './iso-time.ts'
import { JsonMismatch } from './json-mismatch.ts'
import { variantOf } from './union-variant.ts'

/** Makes a value of a type from what JSON.parse gave. Throws JsonMismatch. */
export type FromJson = (value: unknown) => unknown

/** What becomes of integers beyond ±(2^53 − 1) where no type says what they are. */
export type LargeIntegers = 'reject' | 'bigint'

type RowSchema = Extract<TypeSchema, { kind: 'row' }>

const MAX_TIMESTAMP_MS = 8.64e15
const DAY_MS = 86_400_000

/**
 * Compiles the conversion of a type. Values may hold ExactNumbers: digits are needed by bigint and decimal, for which a first
 * attempt with plain numbers fails rather than rounds.
 * @param path of the member, for messages.
 */
export function fromJson(schema: TypeSchema, path = '', largeIntegers: LargeIntegers = 'reject'): FromJson {
  switch (schema.kind) {
    case 'nullable': {
      const convert = fromJson(schema.of, path, largeIntegers)
      return (value) => (value === null || value === undefined ? null : convert(value))
    }
    case 'string':
      return expecting(path, 'a string', (value) => (typeof value === 'string' ? value : undefined))
    case 'boolean':
      return expecting(path, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined))
    case 'int':
      return expecting(path, 'a whole number of 32 bits', (value) => whole(value, -(2 ** 31), 2 ** 31 - 1))
    case 'long':
      return expecting(path, 'a whole number within ±(2^53 − 1) (types.bigint() takes larger ones)', (value) => whole(value, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
    case 'double':
      return expecting(path, 'a number', double)
    case 'float':
      return expecting(path, 'a number', (value) => {
        const number = double(value)
        return number === undefined ? undefined : Math.fround(number)
      })
    case 'bigint':
      return expecting(path, 'a whole number', (value) => {
        if (Number.isSafeInteger(value)) return BigInt(value as number)
        const digits = value instanceof ExactNumber ? value.source : value
        return typeof digits === 'string' && /^-?\d+$/.test(digits) ? BigInt(digits) : undefined
      })
    case 'decimal':
      return expecting(path, `a decimal number of at most ${schema.precision} digits, ${schema.scale} of them after the point`, (value) => decimal(value, schema.precision, schema.scale))
    case 'enum':
      return expecting(path, `one of ${schema.values.map((value) => JSON.stringify(value)).join(', ')}`, (value) => (schema.values.includes(value as string) ? value : undefined))
    case 'timestamp':
      return expecting(path, 'epoch milliseconds, or a timestamp such as "2001-01-31T12:00:00Z"', temporal(parseIsoTimestamp, -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS))
    case 'date':
      return expecting(path, 'days since 1970-01-01, or a date such as "2001-01-31"', temporal(parseIsoDate, -MAX_TIMESTAMP_MS / DAY_MS, MAX_TIMESTAMP_MS / DAY_MS))
    case 'time':
      return expecting(path, 'milliseconds since midnight, or a time such as "12:00:00"', temporal(parseIsoTime, 0, DAY_MS - 1))
    case 'bytes':
      return expecting(path, 'base64', (value) => (typeof value === 'string' && isBase64(value) ? new Uint8Array(Buffer.from(value, 'base64')) : undefined))
    case 'list': {
      const convert = fromJson(schema.of, `${path}[]`, largeIntegers)
      return expecting(path, 'an array', (value) => (Array.isArray(value) ? value.map(convert) : undefined))
    }
    case 'tuple': {
      const converters = schema.of.map((of, index) => fromJson(of, `${path}[${index}]`, largeIntegers))
      return expecting(path, `an array of ${converters.length}`, (value) =>
        Array.isArray(value) && value.length === converters.length ? converters.map((convert, index) => convert(value[index])) : undefined,
      )
    }
    case 'map':
      return mapFromJson(schema, path, largeIntegers)
    case 'row':
      return rowFromJson(schema, path, largeIntegers)
    case 'union': {
      const rows = schema.of.map((of) => ({ of, convert: fromJson(of, path, largeIntegers) }))
      return expecting(path, 'a row of the union', (value) => rows[variantOf(schema.of, value)]?.convert(value))
    }
    case 'json':
      return anyValue(path, 'reject')
    case 'generic':
      return anyValue(path, largeIntegers)
    case 'custom':
      throw unsupported(schema.id, path)
  }
}

/** Any JSON value. */
export function anyValue(path: string, largeIntegers: LargeIntegers): FromJson {
  return (value) => {
    if (value === undefined) throw new JsonMismatch(path, 'a JSON value', value)
    return withoutExactNumbers(value, path, largeIntegers)
  }
}

/** Whether values of the type may need digits that a number loses. */
export function needsDigits(schema: TypeSchema): boolean {
  switch (schema.kind) {
    case 'bigint':
    case 'decimal':
    case 'long':
    case 'json':
    case 'generic':
      return true
    case 'nullable':
    case 'list':
      return needsDigits(schema.of)
    case 'map':
      return needsDigits(schema.key) || needsDigits(schema.value)
    case 'tuple':
    case 'union':
      return schema.of.some(needsDigits)
    case 'row':
      return schema.fields.some(({ type }) => needsDigits(type))
    default:
      return false
  }
}

export function unsupported(id: string, path: string): MillraceError {
  return new MillraceError('JSON_UNSUPPORTED_TYPE', `JSON cannot hold the custom type ${id}${path === '' ? '' : ` of ${path}`}. Use a row, or types.json()`, {
    origin: 'user',
    at: { field: path },
  })
}

function expecting(path: string, expected: string, convert: (value: unknown) => unknown): FromJson {
  return (value) => {
    const converted = convert(value)
    if (converted === undefined) throw new JsonMismatch(path, expected, value)
    return converted
  }
}

function rowFromJson(schema: RowSchema, path: string, largeIntegers: LargeIntegers): FromJson {
  const names = schema.fields.map(({ name }) => name)
  const converters = schema.fields.map(({ name, type }) => fromJson(type, path === '' ? name : `${path}.${name}`, largeIntegers))
  const inherited = names.map((name) => name in Object.prototype) // `constructor` of a JSON object is there without being a member
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new JsonMismatch(path, 'an object', value)
    const members = value as Readonly<Record<string, unknown>>
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      row[name] = (converters[i] as FromJson)(inherited[i] === true && !Object.hasOwn(members, name) ? undefined : members[name])
    }
    return row
  }
}

/** An object where keys are strings, else an array of [key, value]. */
function mapFromJson(schema: Extract<TypeSchema, { kind: 'map' }>, path: string, largeIntegers: LargeIntegers): FromJson {
  const key = fromJson(schema.key, `${path} key`, largeIntegers)
  const value = fromJson(schema.value, `${path}{}`, largeIntegers)
  if (schema.key.kind === 'string' || schema.key.kind === 'enum') {
    return expecting(path, 'an object', (members) =>
      typeof members === 'object' && members !== null && !Array.isArray(members) ? new Map(Object.entries(members).map(([k, v]) => [key(k), value(v)])) : undefined,
    )
  }
  return expecting(path, 'an array of [key, value]', (entries) => {
    if (!Array.isArray(entries) || !entries.every((entry) => Array.isArray(entry) && entry.length === 2)) return undefined
    return new Map((entries as [unknown, unknown][]).map(([k, v]) => [key(k), value(v)]))
  })
}

function whole(value: unknown, min: number, max: number): number | undefined {
  if (value instanceof ExactNumber && /\.\d*[1-9]/.test(value.source) && !/[eE]/.test(value.source)) return undefined // rounding might make it whole
  const number = value instanceof ExactNumber ? Number(value.source) : value
  return Number.isInteger(number) && (number as number) >= min && (number as number) <= max ? (number as number) || 0 : undefined // never −0
}

function double(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value instanceof ExactNumber) return Number(value.source)
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined
}

function temporal(parse: (text: string) => number, min: number, max: number): (value: unknown) => number | undefined {
  return (value) => whole(typeof value === 'string' ? parse(value) : value, min, max)
}

function decimal(value: unknown, precision: number, scale: number): string | undefined {
  // A plain number may have been rounded by JSON.parse; whole ones in the safe range were not.
  const text = Number.isSafeInteger(value) ? String(value) : value instanceof ExactNumber ? value.source : value
  const match = typeof text === 'string' ? /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text) : null
  if (match === null) return undefined
  const [, sign = '', digits = '', fraction = ''] = match
  const wholeDigits = digits === '0' ? 0 : digits.length
  if (fraction.length > scale || wholeDigits > precision - scale) return undefined
  const unsigned = `${digits}${scale === 0 ? '' : `.${fraction.padEnd(scale, '0')}`}`
  return /[1-9]/.test(unsigned) ? sign + unsigned : unsigned
}

function isBase64(text: string): boolean {
  return /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/.test(text)
}

function withoutExactNumbers(value: unknown, path: string, largeIntegers: LargeIntegers): unknown {
  if (value instanceof ExactNumber) {
    const number = Number(value.source)
    if (!/^-?\d+$/.test(value.source) || String(number) === value.source) return number
    if (largeIntegers === 'bigint') return BigInt(value.source)
    throw new JsonMismatch(path, 'whole numbers within ±(2^53 − 1) (types.bigint(), or largeIntegers: "bigint" without a type, takes larger ones)', value)
  }
  if (Array.isArray(value)) return value.map((each) => withoutExactNumbers(each, path, largeIntegers))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutExactNumbers(member, path === '' ? name : `${path}.${name}`, largeIntegers)]))
}
