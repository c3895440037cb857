import { describeError, MillraceError } from '@millrace/core/spi'

/** For a file or message that cannot be read on. */
export function damaged(what: string, at: { readonly file?: string; readonly offset?: number } = {}): MillraceError {
  const where = at.file === undefined ? '' : `${at.file}: `
  const remedy = at.file === undefined ? 'The bytes are damaged, or were written with another schema' : 'The file is damaged, was cut short or is no Avro file: write or copy it again, or take it out of the input'
  return new MillraceError('AVRO_DATA', `${where}${what}. ${remedy}`, { origin: 'external', at })
}

/** For two schemas that do not fit each other. */
export function schemaMismatch(path: string, what: string): MillraceError {
  return new MillraceError('AVRO_SCHEMA', `${path === '' ? '' : `field ${path}: `}${what}`, { origin: 'external', ...(path === '' ? {} : { at: { field: path } }) })
}

/** For a value that its schema cannot hold. `path` is empty for the record itself. */
export function valueMismatch(path: string, expected: string, found: unknown): MillraceError {
  const subject = path === '' ? 'a record' : `the field ${path}`
  return new MillraceError('AVRO_TYPE_MISMATCH', `Cannot write ${subject} as Avro: expected ${expected}, found ${describe(found)}. Make the value fit its type`, {
    origin: 'user',
    ...(path === '' ? {} : { at: { field: path } }),
  })
}

/** Errors of ours stay as they are; whatever else a decoder stumbled over means damaged bytes. */
export function asDamage(error: unknown, at: { readonly file?: string; readonly offset?: number }): MillraceError {
  return MillraceError.is(error) ? error : damaged(describeError(error), at)
}

export function inField(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${typeof value} ${value}`
  if (typeof value === 'string') return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
