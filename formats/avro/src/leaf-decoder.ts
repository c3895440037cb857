import { formatUnscaled, ShortStringCache } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import type { AvroType } from './avro-type.ts'
import type { ByteTap } from './byte-tap.ts'

/** Reads one value; one that its type cannot hold is reported to the tap and anything may be returned for it. */
export type Decoder = (tap: ByteTap) => unknown

/** What digits of a stored time beyond whole milliseconds do: make the record bad, or get cut off towards the past. */
export type SubMillis = 'reject' | 'floor'

/**
 * Reads a value of `writer`, which is no union, record, array or map, as `target`; undefined if that cannot be done.
 * @param logical the logical type to go by.
 */
export function leafDecoder(writer: AvroType, logical: AvroType['logical'], target: TypeSchema, path: string, subMillis: SubMillis): Decoder | undefined {
  const { kind } = writer
  const whole = kind === 'int' || kind === 'long'
  switch (target.kind) {
    case 'boolean':
      return kind === 'boolean' ? (tap) => tap.boolean() : undefined
    case 'int':
      return kind === 'int' ? checkedLong(path, (value) => (value | 0) === value, 'a whole number of 32 bits') : undefined
    case 'long':
      return whole ? checkedLong(path, Number.isSafeInteger, 'a whole number within ±(2^53 − 1) (types.bigint() takes larger ones)') : undefined
    case 'bigint':
      return whole ? (tap) => tap.bigLong() : undefined
    case 'float':
    case 'double':
      return numberDecoder(kind, target.kind, path)
    case 'string':
      return textDecoder(writer, logical, path)
    case 'enum':
      return enumDecoder(writer, target.values, path)
    case 'bytes':
      if (kind === 'bytes' || kind === 'string') return (tap) => tap.copy(tap.length())
      return kind === 'fixed' ? (tap) => tap.copy(writer.size) : undefined
    case 'json':
      return kind === 'string' ? jsonDecoder(path) : undefined
    case 'decimal':
      return logical?.name === 'decimal' && logical.scale <= target.scale ? decimalDecoder(writer, logical.scale, target, path) : undefined
    case 'date':
      return logical?.name === 'date' ? (tap) => tap.long() : undefined
    case 'time':
      if (logical?.name === 'time-millis') return checkedLong(path, (value) => value >= 0 && value < 86_400_000, 'a time of day')
      return logical?.name === 'time-micros' ? millisDecoder(1000, path, subMillis) : undefined
    case 'timestamp':
      return whole && logical !== undefined ? timestampDecoder(logical.name, path, subMillis) : undefined
    default:
      return undefined
  }
}

function checkedLong(path: string, holds: (value: number) => boolean, expected: string): Decoder {
  return (tap) => {
    const value = tap.long()
    if (!holds(value)) tap.fail(path, `expected ${expected}, found ${value}`)
    return value
  }
}

function numberDecoder(kind: AvroType['kind'], target: 'float' | 'double', path: string): Decoder | undefined {
  switch (kind) {
    case 'int':
    case 'long': {
      const read = checkedLong(path, Number.isSafeInteger, 'a whole number that a double holds')
      return target === 'float' ? (tap) => Math.fround(read(tap) as number) : read
    }
    case 'float':
      return (tap) => tap.float()
    case 'double':
      return target === 'double' ? (tap) => tap.double() : undefined
    default:
      return undefined
  }
}

function textDecoder(writer: AvroType, logical: AvroType['logical'], path: string): Decoder | undefined {
  switch (writer.kind) {
    case 'string':
    case 'bytes':
      return logical?.name === 'decimal' ? undefined : stringDecoder(path)
    case 'enum':
      return symbolDecoder(writer, path)
    case 'fixed':
      return logical?.name === 'uuid' ? (tap) => Buffer.from(tap.copy(16)).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : undefined
    default:
      return undefined
  }
}

function stringDecoder(path: string): (tap: ByteTap) => string {
  const cache = new ShortStringCache()
  return (tap) => tap.string(path, cache)
}

function symbolDecoder({ symbols }: AvroType, path: string): Decoder {
  return (tap) => {
    const index = tap.long()
    const symbol = symbols[index]
    if (symbol === undefined) tap.fail(path, `expected the number of a symbol below ${symbols.length}, found ${index}`)
    return symbol
  }
}

function enumDecoder(writer: AvroType, values: readonly string[], path: string): Decoder | undefined {
  if (writer.kind !== 'enum' && writer.kind !== 'string') return undefined
  const read: Decoder = writer.kind === 'enum' ? symbolDecoder(writer, path) : stringDecoder(path)
  if (writer.kind === 'enum' && writer.symbols.every((symbol) => values.includes(symbol))) return read
  const known = new Set<unknown>(values)
  return (tap) => {
    const value = read(tap)
    if (!known.has(value)) tap.fail(path, `expected one of ${values.join(', ')}, found ${JSON.stringify(value)}`)
    return value
  }
}

function jsonDecoder(path: string): Decoder {
  const read = stringDecoder(path)
  return (tap) => {
    const text = read(tap)
    try {
      return JSON.parse(text) as unknown
    } catch {
      tap.fail(path, 'expected JSON text')
      return null
    }
  }
}

function decimalDecoder(writer: AvroType, scale: number, target: { readonly precision: number; readonly scale: number }, path: string): Decoder {
  const factor = 10n ** BigInt(target.scale - scale)
  const limit = 10n ** BigInt(target.precision)
  return (tap) => {
    const bytes = tap.copy(writer.kind === 'fixed' ? writer.size : tap.length())
    const hex = Buffer.from(bytes.buffer).toString('hex')
    const value = hex === '' ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)) * factor
    if (value >= limit || value <= -limit) tap.fail(path, `expected at most ${target.precision} digits, found ${formatUnscaled(value, target.scale)}`)
    return formatUnscaled(value, target.scale)
  }
}

function timestampDecoder(logical: string, path: string, subMillis: SubMillis): Decoder | undefined {
  if (logical.endsWith('timestamp-millis')) return checkedLong(path, (value) => Math.abs(value) <= 8.64e15, 'a timestamp within ±8.64e15 ms')
  if (logical.endsWith('timestamp-micros')) return millisDecoder(1000, path, subMillis)
  return logical.endsWith('timestamp-nanos') ? millisDecoder(1_000_000, path, subMillis) : undefined
}

/** Whole milliseconds of micro- or nanoseconds, which a number holds exactly only up to 2^53. */
function millisDecoder(perMs: number, path: string, subMillis: SubMillis): Decoder {
  const wide = BigInt(perMs)
  const reject = (tap: ByteTap, value: number | bigint): void => {
    tap.fail(path, `expected whole milliseconds, found ${value} ${perMs === 1000 ? 'µs' : 'ns'}; drop subMillis: 'reject' to cut them off, or read the field as types.bigint()`)
  }
  return (tap) => {
    const start = tap.at
    const value = tap.long()
    if (Number.isSafeInteger(value)) {
      const rest = ((value % perMs) + perMs) % perMs
      if (rest !== 0 && subMillis === 'reject') reject(tap, value)
      return (value - rest) / perMs
    }
    tap.at = start
    const exact = tap.bigLong()
    const rest = ((exact % wide) + wide) % wide
    if (rest !== 0n && subMillis === 'reject') reject(tap, exact)
    const ms = Number((exact - rest) / wide)
    if (Math.abs(ms) > 8.64e15) tap.fail(path, `expected a timestamp within ±8.64e15 ms, found ${ms}`)
    return ms
  }
}
