import { MillraceError } from '../errors.ts'

/** CORE_DATA_CORRUPT: the bytes name variant `index` of a type that has fewer. */
export function corruptIndex(what: string, index: number, count: number): MillraceError {
  const message = `expected ${what} with an index below ${count}, found ${index}: the bytes were written with another version of this type`
  return new MillraceError('CORE_DATA_CORRUPT', message, { origin: 'external' })
}
