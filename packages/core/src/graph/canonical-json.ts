import type { JsonValue } from '../spi/json-value.ts'

/** JSON with the names of every object sorted, so that equal values give equal text. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}

/** SHA-256 of the canonical JSON, in hex. */
export function hashJson(value: JsonValue): string {
  // Fetched when a plan is hashed, not imported: loading node:crypto takes longer than all of this package.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
