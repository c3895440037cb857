import { MillraceError } from '../errors.ts'

const MAX_SHOWN = 40

/** What a value is, in words, for messages; long strings are cut, objects are named by class and never printed. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return `the number ${Object.is(value, -0) ? '-0' : value}`
  if (typeof value === 'string') return `the string ${JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value)}`
  if (typeof value === 'bigint') return `the bigint ${value}n`
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (Array.isArray(value)) return `an array of length ${value.length}`
  const name: unknown = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== 'Object' ? `an object of class ${name}` : 'an object'
}

/** The error of a value that is not what its type says. `hint` says what to change, if more is known than the type. */
export function typeMismatch(expected: string, value: unknown, hint?: string): MillraceError {
  const remedy = value === undefined ? 'use null in a nullable type for what is absent' : hint
  const message = `expected ${expected}, found ${describeValue(value)}${remedy === undefined ? '' : `; ${remedy}`}`
  return new MillraceError('CORE_TYPE_MISMATCH', message, { origin: 'user' })
}

/** The path segment of a map entry. */
export function keySegment(key: unknown): string {
  return `[${typeof key === 'string' ? JSON.stringify(key) : describeValue(key)}]`
}

/**
 * The same error seen from one level further out: `segment` (`name` or `[3]`) goes in front of its field path.
 * Errors that are not about the value pass unchanged.
 */
export function inField(error: unknown, segment: string): unknown {
  if (!MillraceError.is(error) || (error.code !== 'CORE_TYPE_MISMATCH' && error.code !== 'CORE_UNSERIALIZABLE')) return error
  const inner = error.at.field
  const detail = inner === undefined ? error.message : error.message.slice(prefix(inner).length)
  const path = inner === undefined ? segment : inner.startsWith('[') ? segment + inner : `${segment}.${inner}`
  const { origin, retryable, at, cause } = error
  return new MillraceError(error.code, prefix(path) + detail, { origin, retryable, at: { ...at, field: path }, cause })
}

function prefix(path: string): string {
  return `field ${path}: `
}
