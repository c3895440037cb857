import type { TypeSchema } from '@millrace/core/spi'
import { valueMismatch } from './avro-error.ts'
import type { AvroType } from './avro-type.ts'
import type { ByteSink } from './byte-sink.ts'

/** Writes one value; throws AVRO_TYPE_MISMATCH. */
export type Encoder = (value: unknown, sink: ByteSink) => void

const MIN_LONG = -(2n ** 63n)
const MAX_LONG = 2n ** 63n - 1n
const PER_MS: Readonly<Record<string, number>> = { millis: 1, micros: 1000, nanos: 1_000_000 }

/** Writes a value of `source` as `type`, which is no union, record, array or map; undefined if that cannot be done. */
export function leafEncoder(type: AvroType, source: TypeSchema, path: string): Encoder | undefined {
  const { kind, logical } = type
  switch (source.kind) {
    case 'boolean':
      return kind === 'boolean' ? checked(path, 'a boolean', (value) => typeof value === 'boolean', (value: boolean, sink) => sink.byte(value ? 1 : 0)) : undefined
    case 'int':
    case 'long':
      return integerEncoder(kind, source.kind, path)
    case 'bigint':
      return kind === 'long' ? checked(path, 'a bigint of 64 bits', (value) => typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_LONG, (value: bigint, sink) => sink.bigLong(value)) : undefined
    case 'float':
    case 'double':
      if (kind === 'double') return checked(path, 'a number', (value) => typeof value === 'number', (value: number, sink) => sink.double(value))
      return kind === 'float' && source.kind === 'float' ? checked(path, 'a number', (value) => typeof value === 'number', (value: number, sink) => sink.float(value)) : undefined
    case 'string':
    case 'enum':
      return textEncoder(type, source, path)
    case 'json':
      return kind === 'string' ? checked(path, 'a JSON value', (value) => JSON.stringify(value) !== undefined, (value, sink) => sink.string(JSON.stringify(value))) : undefined
    case 'bytes':
      return bytesEncoder(type, path)
    case 'decimal':
      return logical?.name === 'decimal' && logical.scale >= source.scale ? decimalEncoder(type, logical, source, path) : undefined
    case 'date':
      return logical?.name === 'date' ? integerEncoder('int', 'int', path) : undefined
    case 'time':
    case 'timestamp': {
      const [, which, unit] = /^(?:local-)?(time(?:stamp)?)-(\w+)$/.exec(logical?.name ?? '') ?? []
      return which === source.kind ? unitEncoder(PER_MS[unit ?? ''] ?? 1, source.kind, path) : undefined
    }
    default:
      return undefined
  }
}

function checked<V>(path: string, expected: string, holds: (value: unknown) => boolean, write: (value: V, sink: ByteSink) => void): Encoder {
  return (value, sink) => {
    if (!holds(value)) throw valueMismatch(path, expected, value)
    write(value as V, sink)
  }
}

function integerEncoder(kind: AvroType['kind'], source: 'int' | 'long', path: string): Encoder | undefined {
  const writeLong = (value: number, sink: ByteSink): void => sink.long(value)
  if (kind === 'int') return checked(path, 'a whole number of 32 bits', (value) => ((value as number) | 0) === value, writeLong)
  if (kind === 'long') {
    if (source === 'int') return checked(path, 'a whole number of 32 bits', (value) => ((value as number) | 0) === value, writeLong)
    return checked(path, 'a whole number within ±(2^53 − 1); types.bigint() holds larger ones', Number.isSafeInteger, writeLong)
  }
  return kind === 'double' ? checked(path, 'a whole number within ±(2^53 − 1)', Number.isSafeInteger, (value: number, sink) => sink.double(value)) : undefined
}

function textEncoder(type: AvroType, source: TypeSchema, path: string): Encoder | undefined {
  const allowed = source.kind === 'enum' ? new Set<unknown>(source.values) : undefined
  const expected = source.kind === 'enum' ? `one of ${source.values.join(', ')}` : 'a string'
  const holds = allowed === undefined ? (value: unknown) => typeof value === 'string' : (value: unknown) => allowed.has(value)
  if (type.kind === 'string') return checked(path, expected, holds, (value: string, sink) => sink.string(value))
  if (type.kind === 'enum') {
    const numbers = new Map<unknown, number>(type.symbols.map((symbol, index) => [symbol, index]))
    return checked(path, `one of ${type.symbols.join(', ')}`, (value) => holds(value) && numbers.has(value), (value: string, sink) => sink.long(numbers.get(value) as number))
  }
  if (type.kind !== 'fixed' || type.logical?.name !== 'uuid') return undefined
  const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
  return checked(path, 'a UUID', (value) => typeof value === 'string' && uuid.test(value), (value: string, sink) => sink.raw(Buffer.from(value.replaceAll('-', ''), 'hex')))
}

function bytesEncoder(type: AvroType, path: string): Encoder | undefined {
  if (type.kind === 'fixed') return checked(path, `${type.size} bytes in a Uint8Array`, (value) => value instanceof Uint8Array && value.length === type.size, (value: Uint8Array, sink) => sink.raw(value))
  if (type.kind !== 'bytes') return undefined
  return checked(path, 'a Uint8Array', (value) => value instanceof Uint8Array, (value: Uint8Array, sink) => {
    sink.long(value.length)
    sink.raw(value)
  })
}

/** A number of milliseconds in the unit of the schema. */
function unitEncoder(perMs: number, kind: 'time' | 'timestamp', path: string): Encoder {
  const limit = kind === 'time' ? 86_399_999 : 8.64e15
  const expected = kind === 'time' ? 'a time of day in whole milliseconds' : 'a timestamp in whole epoch milliseconds'
  const holds = (value: unknown): boolean => Number.isInteger(value) && (value as number) <= limit && (value as number) >= (kind === 'time' ? 0 : -limit)
  if (perMs === 1) return checked(path, expected, holds, (value: number, sink) => sink.long(value))
  return checked(
    path,
    `${expected} whose number of ${perMs === 1000 ? 'micro' : 'nano'}seconds has 64 bits`,
    (value) => holds(value) && Math.abs(value as number) < Number(MAX_LONG) / perMs,
    (value: number, sink) => {
      if (Math.abs(value) <= Number.MAX_SAFE_INTEGER / perMs) sink.long(value * perMs)
      else sink.bigLong(BigInt(value) * BigInt(perMs))
    },
  )
}

/** Two's complement, the highest byte first: as many as needed for bytes, all of them for a fixed. */
function decimalEncoder(type: AvroType, { precision, scale }: { readonly precision: number; readonly scale: number }, source: Extract<TypeSchema, { kind: 'decimal' }>, path: string): Encoder {
  const expected = `a decimal string of at most ${Math.min(precision, source.precision)} digits with exactly ${source.scale} after the point`
  const normalForm = new RegExp(`^-?(?:0|[1-9]\\d*)${source.scale === 0 ? '' : `\\.\\d{${source.scale}}`}$`)
  const factor = 10n ** BigInt(scale - source.scale)
  const limit = 10n ** BigInt(Math.min(precision, source.precision + scale - source.scale))
  return (value, sink) => {
    if (typeof value !== 'string' || !normalForm.test(value)) throw valueMismatch(path, expected, value)
    const unscaled = BigInt(value.replace('.', '')) * factor
    if (unscaled >= limit || unscaled <= -limit) throw valueMismatch(path, expected, value)
    const length = type.kind === 'fixed' ? type.size : twosComplementBytes(unscaled)
    if (type.kind === 'bytes') sink.long(length)
    sink.raw(Buffer.from(BigInt.asUintN(length * 8, unscaled).toString(16).padStart(length * 2, '0'), 'hex'))
  }
}

function twosComplementBytes(value: bigint): number {
  const bits = (value < 0n ? -1n - value : value).toString(2)
  return Math.floor((bits === '0' ? 0 : bits.length) / 8) + 1
}
