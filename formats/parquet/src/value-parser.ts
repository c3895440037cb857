import type { TypeSchema } from '@millrace/core/spi'
import { formatUnscaled } from '@millrace/core/spi'
import type { ColumnKind } from './file-schema.ts'

/** What a parser returns for a stored value that its type cannot hold. */
export const INVALID: unique symbol = Symbol('invalid')

/** From the stored value (number for 32 bits, bigint for 64 and 96, bytes) to a value of the type. */
export type ValueParser = (stored: never) => unknown

const DAY_MS = 86_400_000
/**
 * The year −4000. Only timestamps of 96 bits reach that far in nanoseconds, and the decoder makes such values of those with a
 * negative time of day, which overflow left behind (int96_from_spark of apache/parquet-testing has one).
 */
const EARLIEST_INT96_MS = -1.88e14

const PER_MS = { millis: 1, micros: 1000, nanos: 1_000_000 } as const

/**
 * How a column of `kind` is read as `type`; undefined if it cannot be. `'as-is'`: the stored value is the value.
 * Integers that the type cannot hold are INVALID, never rounded; digits beyond milliseconds are cut off towards the past,
 * unless a bigint takes the time in the unit of the file.
 * @param scale of a decimal column.
 */
export function valueParser(kind: ColumnKind, scale: number, type: TypeSchema): ValueParser | 'as-is' | undefined {
  switch (kind) {
    case 'boolean':
      return type.kind === 'boolean' ? 'as-is' : undefined
    case 'int32':
      if (type.kind === 'int' || type.kind === 'long' || type.kind === 'double') return 'as-is'
      return integerParser(type, (stored: number) => stored)
    case 'uint32':
      return integerParser(type, (stored: number) => stored >>> 0)
    case 'int64':
      return integerParser(type, (stored: bigint) => stored)
    case 'uint64':
      return integerParser(type, (stored: bigint) => BigInt.asUintN(64, stored))
    case 'float':
    case 'float16':
      return type.kind === 'float' || type.kind === 'double' ? 'as-is' : undefined
    case 'double':
      return type.kind === 'double' ? 'as-is' : undefined
    case 'date':
      if (type.kind === 'date') return 'as-is'
      return type.kind === 'timestamp' ? (stored: number) => stored * DAY_MS : undefined
    case 'time-millis':
      return type.kind === 'time' ? 'as-is' : undefined
    case 'time-micros':
    case 'time-nanos':
      return type.kind === 'time' ? millisParser(kind === 'time-micros' ? 'micros' : 'nanos') : undefined
    case 'timestamp-millis':
    case 'timestamp-micros':
    case 'timestamp-nanos':
      if (type.kind === 'bigint') return (stored: bigint) => stored
      return type.kind === 'timestamp' ? millisParser(kind.slice('timestamp-'.length) as keyof typeof PER_MS) : undefined
    case 'string':
    case 'bytes':
    case 'json':
    case 'uuid':
      return bytesParser(kind, type)
    case 'decimal':
      return decimalParser(scale, type)
    case 'nested':
      return undefined
  }
}

/** Whether integers of 64 bits that a number holds are values of the type. */
export function isSafe(kind: ColumnKind, type: TypeSchema): boolean {
  return kind === 'int64' && (type.kind === 'long' || type.kind === 'double')
}

function integerParser<S extends number | bigint>(type: TypeSchema, unsigned: (stored: S) => number | bigint): ValueParser | undefined {
  switch (type.kind) {
    case 'int':
      return (stored: S) => {
        const value = Number(unsigned(stored))
        return (value | 0) === value ? value : INVALID
      }
    case 'long':
    case 'double':
      return (stored: S) => {
        const value = Number(unsigned(stored))
        return Number.isSafeInteger(value) ? value : INVALID
      }
    case 'bigint':
      return (stored: S) => BigInt(unsigned(stored))
    default:
      return undefined
  }
}

/** Whole units to whole milliseconds, rounded towards the past. Number arithmetic is exact up to 2^53; beyond it bigints are. */
function millisParser(unit: keyof typeof PER_MS): ValueParser {
  const perMs = PER_MS[unit]
  return (stored: bigint) => {
    const value = Number(stored)
    if (Number.isSafeInteger(value)) return (value - (((value % perMs) + perMs) % perMs)) / perMs
    const wide = BigInt(perMs)
    const ms = Number((stored - (((stored % wide) + wide) % wide)) / wide)
    return ms <= 8.64e15 && ms >= (unit === 'nanos' ? EARLIEST_INT96_MS : -8.64e15) ? ms : INVALID
  }
}

function bytesParser(kind: 'string' | 'bytes' | 'json' | 'uuid', type: TypeSchema): ValueParser | undefined {
  switch (type.kind) {
    case 'bytes':
      return (stored: Uint8Array) => new Uint8Array(stored) // the stored one is a view of the whole page
    case 'string':
      return kind === 'uuid' ? uuidText : text
    case 'enum':
      return (stored: Uint8Array) => {
        const value = text(stored)
        return type.values.includes(value) ? value : INVALID
      }
    case 'json':
      return (stored: Uint8Array) => {
        try {
          return JSON.parse(text(stored)) as unknown
        } catch {
          return INVALID
        }
      }
    default:
      return undefined
  }
}

/** The parser of texts. */
export function text(stored: Uint8Array): string {
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString()
}

function uuidText(stored: Uint8Array): string {
  return Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function decimalParser(scale: number, type: TypeSchema): ValueParser | undefined {
  if (type.kind === 'double') return (stored: number | bigint | Uint8Array) => Number(formatUnscaled(unscaled(stored), scale))
  if (type.kind !== 'decimal' || type.scale < scale) return undefined
  const factor = 10n ** BigInt(type.scale - scale)
  const limit = 10n ** BigInt(type.precision)
  return (stored: number | bigint | Uint8Array) => {
    const value = unscaled(stored) * factor
    return value < limit && value > -limit ? formatUnscaled(value, type.scale) : INVALID
  }
}

/** Decimals are stored as two's complement: integers, or bytes with the highest first. */
function unscaled(stored: number | bigint | Uint8Array): bigint {
  if (!(stored instanceof Uint8Array)) return BigInt(stored)
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('hex')
  return hex === '' ? 0n : BigInt.asIntN(stored.length * 8, BigInt(`0x${hex}`))
}
