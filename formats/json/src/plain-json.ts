/** Not in TypeScript's library yet: "JSON.parse source text access" (ECMA-262 proposal, in V8 since 11.4). */
const json = JSON as unknown as { rawJSON(text: string): unknown }

/** Written as a number with all its digits. */
export function rawNumber(value: bigint): unknown {
  return json.rawJSON(String(value))
}

/**
 * Any value with what JSON.stringify refuses or loses replaced: bigints become exact numbers, bytes base64, NaN and the
 * infinities text, Maps objects (or arrays of [key, value]), Sets arrays. Gives back `value` itself where nothing is to be done.
 */
export function plainJson(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return rawNumber(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'object':
      return value === null ? null : plainObject(value)
    default:
      return value
  }
}

function plainObject(value: object): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) {
    const converted = value.map(plainJson)
    return converted.some((each, index) => each !== value[index]) ? converted : value
  }
  if (value instanceof Set) return Array.from(value, plainJson)
  if (value instanceof Map) {
    const entries = Array.from(value as Map<unknown, unknown>, ([k, v]) => [plainJson(k), plainJson(v)] as const)
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries as [string, unknown][]) : entries
  }
  if ('toJSON' in value) return value
  let copy: Record<string, unknown> | undefined
  for (const [name, member] of Object.entries(value)) {
    const converted = plainJson(member)
    if (converted === member) continue
    copy ??= { ...value }
    copy[name] = converted
  }
  return copy ?? value
}
