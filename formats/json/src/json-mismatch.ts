import { ExactNumber } from './exact-number.ts'

/** A JSON value that does not fit its type; caught for each record, and never seen outside this package. */
export class JsonMismatch extends Error {
  /** Dotted path of the member, empty for the record itself. */
  readonly field: string

  constructor(field: string, expected: string, found: unknown) {
    super(`${field === '' ? 'The record' : `Member ${field}`}: expected ${expected}, found ${describe(found)}`)
    this.field = field
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof ExactNumber) return value.source
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (typeof value === 'bigint') return `${value}n`
  const text = value instanceof Uint8Array ? 'bytes' : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
