import { MillraceError } from '../errors.ts'
import { describeValue, inField, keySegment } from './type-mismatch.ts'

const MAX_DEPTH = 500

/** Throws CORE_UNSERIALIZABLE, naming the path, for the first thing in `value` that the generic codec would lose or alter. */
export function checkSerializable(value: unknown): void {
  check(value, 0)
}

function check(value: unknown, depth: number): void {
  if (typeof value === 'function' || typeof value === 'symbol') throw unserializable(value, 'keep it out of records and state')
  if (typeof value !== 'object' || value === null) return
  if (depth === MAX_DEPTH)
    throw unserializable(value, `which is nested more than ${MAX_DEPTH} deep or contains itself; flatten it or break the cycle`)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) checkObject(value as Record<string, unknown>, depth + 1)
  else if (prototype === Array.prototype) checkArray(value as readonly unknown[], depth + 1)
  else if (prototype === Map.prototype) checkMap(value as ReadonlyMap<unknown, unknown>, depth + 1)
  else if (prototype === Set.prototype) checkArray([...(value as ReadonlySet<unknown>)], depth + 1)
  else if (prototype === Date.prototype) checkDate(value as Date)
  else if (prototype !== Uint8Array.prototype && prototype !== Buffer.prototype) {
    throw unserializable(value, 'emit a plain object, or declare the type with types.custom()')
  }
}

function checkObject(value: Readonly<Record<string, unknown>>, depth: number): void {
  for (const name of Object.keys(value)) {
    if (name === '__proto__') throw unserializable(value, 'which has a property __proto__; use a Map for keys of any name')
    const member = value[name]
    if (typeof member === 'object' || typeof member === 'function' || typeof member === 'symbol') checkMember(member, name, depth)
  }
}

function checkArray(values: readonly unknown[], depth: number): void {
  for (let index = 0; index < values.length; index++) checkMember(values[index], `[${index}]`, depth)
}

function checkMap(entries: ReadonlyMap<unknown, unknown>, depth: number): void {
  for (const [key, value] of entries) {
    checkMember(key, '[key]', depth)
    checkMember(value, keySegment(key), depth)
  }
}

function checkDate(value: Date): void {
  if (Number.isNaN(value.getTime())) throw unserializable(value, 'which is an invalid date; use null')
}

function checkMember(value: unknown, segment: string, depth: number): void {
  try {
    check(value, depth)
  } catch (error) {
    throw inField(error, segment)
  }
}

function unserializable(value: unknown, remedy: string): MillraceError {
  const message = `expected a value that can be serialised, found ${describeValue(value)}; ${remedy}`
  return new MillraceError('CORE_UNSERIALIZABLE', message, { origin: 'user' })
}
