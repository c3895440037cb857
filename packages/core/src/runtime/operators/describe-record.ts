const MAX_CHARACTERS = 200
const MAX_STRING = 60
const MAX_ITEMS = 12
const MAX_DEPTH = 3

/** A record or key as errors and logs show it: like JSON, at most 200 characters, never failing whatever it is given. */
export function describeRecord(record: unknown): string {
  const text = describe(record, 0)
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`
}

function describe(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length <= MAX_STRING ? value : `${value.slice(0, MAX_STRING)}…`)
    case 'bigint':
      return `${value}n`
    case 'function':
    case 'symbol':
      return typeof value
    case 'object':
      return value === null ? 'null' : describeObject(value, depth)
    default:
      return String(value)
  }
}

function describeObject(value: object, depth: number): string {
  try {
    if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid Date' : value.toISOString()
    if (depth === MAX_DEPTH) return '…'
    if (Array.isArray(value)) return `[${items(value, (item) => describe(item, depth + 1))}]`
    if (value instanceof Map) return `Map{${items([...value.keys()], (key) => `${describe(key, depth + 1)}: ${describe(value.get(key), depth + 1)}`)}}`
    if (value instanceof Set) return `Set{${items([...value], (item) => describe(item, depth + 1))}}`
    return `{${items(Object.keys(value), (name) => `${name}: ${describe((value as Record<string, unknown>)[name], depth + 1)}`)}}`
  } catch {
    // a getter or proxy that throws must not hide the error being described
    return 'an object that cannot be shown'
  }
}

function items<T>(all: readonly T[], show: (item: T) => string): string {
  const shown = all.slice(0, MAX_ITEMS).map(show)
  return (all.length > MAX_ITEMS ? [...shown, '…'] : shown).join(', ')
}
