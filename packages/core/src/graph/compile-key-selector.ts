import type { KeySelector } from './partitioning.ts'

type Row = Readonly<Record<string, unknown>>

/** A function from record to key. Field access is specialised by arity so that it stays a plain property load. */
export function compileKeySelector(selector: KeySelector): (value: unknown) => unknown {
  if (selector.kind === 'function') return selector.select as (value: unknown) => unknown
  if (selector.kind === 'field') {
    const { field } = selector
    return (value) => (value as Row)[field]
  }
  const { fields } = selector
  return (value) => fields.map((field) => (value as Row)[field])
}
