import { canCompile } from './can-compile.ts'
import type { KeySelector } from './partitioning.ts'

type Row = Readonly<Record<string, unknown>>

let compiled = 0

/**
 * A function from record to key. Field access is generated where that is allowed: one function for all fields of all jobs
 * would look every field up by name. The text of each is unique, since V8 keeps type feedback by source text.
 */
export function compileKeySelector(selector: KeySelector): (value: unknown) => unknown {
  if (selector.kind === 'function') return selector.select as (value: unknown) => unknown
  if (canCompile()) return new Function('value', `return ${keyExpression(selector)}\n//# sourceURL=millrace-key-${compiled++}`) as (value: unknown) => unknown
  if (selector.kind === 'field') {
    const { field } = selector
    return (value) => (value as Row)[field]
  }
  const { fields } = selector
  return (value) => fields.map((field) => (value as Row)[field])
}

function keyExpression(selector: Exclude<KeySelector, { kind: 'function' }>): string {
  const load = (field: string): string => `value[${JSON.stringify(field)}]`
  return selector.kind === 'field' ? load(selector.field) : `[${selector.fields.map(load).join(', ')}]`
}
