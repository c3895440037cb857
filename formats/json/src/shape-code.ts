import type { LineShape } from './line-shape.ts'

export interface ShapeCode {
  readonly source: string
  /** How many variables for values it has; each may ask for the element of `strings` with its number. */
  readonly values: number
}

/** The source of a ReadLines: `b` are the bytes, `i` the index in them. `return start` leaves a line to JSON.parse. All loops end at the latest at the line feed before `limit`. */
export function shapeCode(shape: LineShape): ShapeCode {
  const leaves: LineShape[] = []
  const { code, made } = valueCode(shape, leaves)
  const source = `return function readLines(b, text, i, stop, limit, maxBytes, values, starts, max) {
let c = 0, d = 0, n = 0, m = 0, s = 0, f = 0, negative = false
${leaves.map((_, index) => `let v${index} = null\n`).join('')}while (i < stop && values.length < max) {
const start = i
${code}if (i - start > maxBytes) return start
if (b[i] === 10) i++
else if (b[i] === 13 && b[i + 1] === 10) i += 2
else return start
starts[values.length] = start
values.push(${made})
}
return i
}`
  return { source, values: leaves.length }
}

interface ValueCode {
  /** Leaves `i` behind the value. */
  readonly code: string
  /** The expression of what was made. */
  readonly made: string
}

/** Adds a value to `leaves` for each variable `v0`, `v1`, … of the code. */
function valueCode(shape: LineShape, leaves: LineShape[]): ValueCode {
  if (shape.kind === 'object') {
    const parts = shape.members.map(({ name, before, value }) => ({ name, before, ...valueCode(value, leaves) }))
    const literal = parts.map(({ name, made }) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: ${made}`)
    return { code: `${parts.map(({ before, code }) => `${matchCode(before)}${code}`).join('')}${matchCode(shape.end)}`, made: `{${literal.join(', ')}}` }
  }
  const index = leaves.push(shape) - 1
  const made = `v${index}`
  const other = `${made} = other.take(b, i, limit)\nif (${made} === MISMATCH) return start\ni = other.end\n`
  switch (shape.kind) {
    case 'array':
      return { code: `if (b[i] === 91) {\n${arrayCode(made, valueCode(shape.of, leaves))}} else {\n${other}}\n`, made }
    case 'string':
      return { code: `if (b[i] === 34) {\n${made} = strings[${index}].take(b, i, limit, text)\nif (${made} === MISMATCH) return start\ni = strings[${index}].end\n} else {\n${other}}\n`, made }
    case 'number':
      return { code: numberCode(index, other), made }
    case 'other':
      return { code: other, made }
  }
}

function matchCode(part: string): string {
  if (part === '') return ''
  const differs = Array.from(part, (letter, index) => `b[${index === 0 ? 'i' : `i + ${index}`}] !== ${letter.charCodeAt(0)}`)
  return `if (${differs.join(' || ')}) return start\ni += ${part.length}\n`
}

function arrayCode(array: string, item: ValueCode): string {
  return `i++
while (b[i] === 32) i++
${array} = []
if (b[i] === 93) i++
else for (;;) {
${item.code}${array}.push(${item.made})
while (b[i] === 32) i++
c = b[i++]
if (c === 93) break
if (c !== 44) return start
while (b[i] === 32) i++
}
`
}

/**
 * Correctly rounded: with at most 15 digits, integer ÷ power of ten rounds once, as both are exact (Clinger 1990). Up to 9 digits
 * are counted in 32-bit arithmetic. `c` becomes the byte behind a number of at most 15 digits, else 0.
 */
function numberCode(index: number, other: string): string {
  return `f = i
c = 0
negative = b[i] === 45
if (negative) i++
if ((d = b[i] ^ 48) <= 9) {
s = i
n = d
while ((d = b[++i] ^ 48) <= 9 && i - s < 9) n = (n * 10 + d) | 0
m = n
while (d <= 9 && i - s < 15) {
m = m * 10 + d
d = b[++i] ^ 48
}
if (b[s] !== 48 || i - s === 1) {
c = b[i]
if (c === 46) {
n = i
while ((d = b[++i] ^ 48) <= 9 && i - s < 16) m = m * 10 + d
n = i - n - 1
m /= POWERS[n]
c = n === 0 ? 0 : b[i]
}
}
}
if (c === 44 || c === 125 || c === 93 || c === 32) v${index} = negative ? -m : m
else {
i = f
${other}}
`
}
