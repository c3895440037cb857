import { MillraceError } from '../errors.ts'
import { describeValue } from './type-mismatch.ts'

/** CORE_INVALID_KEY: what a stream was keyed by is not a key. */
export function invalidKey(found: unknown, where: string = ''): MillraceError {
  const remedy =
    found === null || found === undefined
      ? "filter such records out, or replace it by a value of its own such as ''"
      : 'use a tuple of the fields that make the key'
  const message = `expected a key that is a string, number, bigint, boolean or a tuple of these, found ${describeValue(found)}${where}; ${remedy}`
  return new MillraceError('CORE_INVALID_KEY', message, { origin: 'user' })
}
