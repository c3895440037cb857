import { utf8Slice } from '@millrace/core/spi'

const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
const LF = 0x0a

/**
 * Parses `count` lines by one JSON.parse, with commas for the line breaks; undefined unless each line is exactly one object.
 *
 * Why no broken lines can pass for good ones: if the parse gives `count` values that all are objects, each of the `count` − 1
 * commas between them stands between `}` and `{`. No line has a comma there (`mayHoldTwo`), so these commas are the line breaks,
 * and none of them was taken for a part of a value.
 */
export function parseGroup(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): readonly unknown[] | undefined {
  const [start, end] = [starts[0] as number, ends[count - 1] as number]
  if (mayHoldTwo(bytes, starts, ends, count)) return undefined
  for (let i = 1; i < count; i++) bytes[(starts[i] as number) - 1] = COMMA
  try {
    const values = JSON.parse(`[${utf8Slice(bytes, start, end)}]`) as readonly unknown[]
    return values.length === count && areObjects(values) ? values : undefined
  } catch {
    return undefined // some line is no JSON: each is parsed by itself, which reports the bad ones
  } finally {
    for (let i = 1; i < count; i++) bytes[(starts[i] as number) - 1] = LF
  }
}

/** Whether some line is not from `{` to `}`, or has `}`, a comma and `{` in a row, as between two objects. Cheap for flat objects: they have no second `{`. */
function mayHoldTwo(bytes: Buffer, starts: Int32Array, ends: Int32Array, count: number): boolean {
  let open = -1
  for (let i = 0; i < count; i++) {
    const [start, end] = [starts[i] as number, ends[i] as number]
    if (bytes[start] !== OPEN || bytes[end - 1] !== CLOSE) return true
    if (open <= start) open = nextOpen(bytes, start + 1)
    while (open < end) {
      const before = skipBack(bytes, open)
      if (bytes[before] === COMMA && bytes[skipBack(bytes, before)] === CLOSE) return true
      open = nextOpen(bytes, open + 1)
    }
  }
  return false
}

function nextOpen(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(OPEN, from)
  return found < 0 ? bytes.length : found
}

/** The index of the last byte before `index` that is no blank. */
function skipBack(bytes: Buffer, index: number): number {
  let i = index - 1
  while (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0d) i--
  return i
}

function areObjects(values: readonly unknown[]): boolean {
  for (const value of values) if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return true
}
