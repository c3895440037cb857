import type { JsonValue } from '../spi/json-value.ts'

const MOST_LINES = 8

/**
 * Where two descriptions of one plan differ, a line for each difference, for people to read: what the coordinator has and
 * what was found here. Empty when they are equal.
 */
export function diffPlans(expected: JsonValue, found: JsonValue): readonly string[] {
  const lines: string[] = []
  compare(expected, found, 'job', lines)
  const more = lines.length - MOST_LINES
  return more > 0 ? [...lines.slice(0, MOST_LINES), `… and ${more} more`] : lines
}

function compare(expected: JsonValue | undefined, found: JsonValue | undefined, place: string, lines: string[]): void {
  if (Array.isArray(expected) && Array.isArray(found)) {
    for (let index = 0; index < Math.max(expected.length, found.length); index++) compare(expected[index], found[index], `${place}[${index}]${nameOf(expected[index] ?? found[index])}`, lines)
  } else if (isObject(expected) && isObject(found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) compare(expected[key], found[key], `${place}.${key}`, lines)
  } else if (expected !== found) lines.push(`${place}: ${describe(expected)} on the coordinator, ${describe(found)} here`)
}

/** So that nobody has to count nodes. */
function nameOf(part: JsonValue | undefined): string {
  return isObject(part) && typeof part['name'] === 'string' ? ` (${part['name']})` : ''
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
