/** Not in TypeScript's library yet: "JSON.parse source text access" (ECMA-262 proposal, in V8 since 11.4). */
const json = JSON as unknown as { rawJSON(text: string): unknown }

/**
 * A record on which a function failed, as the bytes of a dead letter: whole, so that it can be mended and replayed. Integers keep all
 * digits, bytes are base64, maps objects or lists of entries, sets lists, NaN and the infinities text, as in files of JSON. Null where
 * there is no record (a timer), or none that JSON can hold.
 */
export function recordAsJson(record: unknown): Uint8Array | null {
  try {
    const text = JSON.stringify(record, jsonValueOf) as string | undefined
    return text === undefined ? null : Buffer.from(text)
  } catch {
    // circular, or a getter that throws: the reason of the dead letter still has an excerpt
    return null
  }
}

function jsonValueOf(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return json.rawJSON(String(value))
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Set) return [...value]
  if (value instanceof Map) return [...value.keys()].every((key) => typeof key === 'string') ? Object.fromEntries(value) : [...value]
  // of a Buffer, toJSON has already made a list of numbers
  const original = (this as Readonly<Record<string, unknown>>)[name]
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value
}
