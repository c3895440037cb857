/** What the lines of one producer have in common: the same members in the same order, with the same blanks between them. */
export type LineShape = LeafShape | ArrayShape | ObjectShape

export interface LeafShape {
  /** What the value was when the shape was found; in other lines it may be of another kind. */
  readonly kind: 'string' | 'number' | 'other'
}

export interface ArrayShape {
  readonly kind: 'array'
  /** The shape of the first item. */
  readonly of: LineShape
}

export interface ObjectShape {
  readonly kind: 'object'
  readonly members: readonly { readonly name: string; readonly value: LineShape; readonly before: string }[]
  /** The bytes from the last value to behind the closing brace, as Latin-1. `before` of a member: from the value before it to its own. */
  readonly end: string
}

const LF = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const [OPEN, CLOSE, OPEN_ARRAY, CLOSE_ARRAY, COMMA] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c]

/** V8 no longer optimises functions that are much larger than what this many values need. */
const MAX_VALUES = 200
const MAX_DEPTH = 8

/** The shape of a line that JSON.parse takes; undefined if it is no object, is too large, or names a member twice. */
export function shapeOf(bytes: Buffer, start: number, end: number): LineShape | undefined {
  const walk = new ShapeWalk(bytes, start, end)
  walk.skipBlanks()
  if (bytes[walk.at] !== OPEN) return undefined
  const shape = walk.value(0)
  return walk.values > MAX_VALUES || walk.ambiguous ? undefined : shape
}

class ShapeWalk {
  at: number
  values = 0
  ambiguous = false
  readonly #bytes: Buffer
  readonly #end: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }

  value(depth: number): LineShape {
    const first = this.#bytes[this.at] as number
    if (first === OPEN && depth < MAX_DEPTH) return this.#object(depth)
    this.values++
    if (first === OPEN_ARRAY && depth < MAX_DEPTH) return this.#array(depth)
    this.at = valueEnd(this.#bytes, this.at, this.#end)
    return { kind: first === QUOTE ? 'string' : isNumberStart(first) ? 'number' : 'other' }
  }

  skipBlanks(): void {
    while (isBlank(this.#bytes[this.at])) this.at++
  }

  #array(depth: number): LineShape {
    const start = this.at++
    this.skipBlanks()
    const of: LineShape | undefined = this.#bytes[this.at] === CLOSE_ARRAY ? undefined : this.value(depth + 1)
    this.at = valueEnd(this.#bytes, start, this.#end)
    return of === undefined ? { kind: 'other' } : { kind: 'array', of }
  }

  #object(depth: number): LineShape {
    const bytes = this.#bytes
    const members: ObjectShape['members'][number][] = []
    let from = this.at++
    for (this.skipBlanks(); bytes[this.at] !== CLOSE; this.skipBlanks()) {
      if (bytes[this.at] === COMMA) this.at++
      this.skipBlanks()
      const nameStart = this.at
      this.at = stringEnd(bytes, nameStart, this.#end)
      const name = JSON.parse(bytes.toString('utf8', nameStart, this.at)) as string
      this.skipBlanks()
      this.at++ // the colon
      this.skipBlanks()
      const before = bytes.toString('latin1', from, this.at)
      this.ambiguous ||= members.some((member) => member.name === name)
      members.push({ name, before, value: this.value(depth + 1) })
      from = this.at
    }
    this.at++
    return { kind: 'object', members, end: bytes.toString('latin1', from, this.at) }
  }
}

/** Behind the value at `start` of a JSON text; for what is no value some index of the line, at most `end`. */
export function valueEnd(bytes: Buffer, start: number, end: number): number {
  let depth = 0
  for (let i = start; i < end; ) {
    const byte = bytes[i] as number
    if (byte === LF) return i
    if (byte === QUOTE) {
      i = stringEnd(bytes, i, end)
      if (depth === 0) return i
      continue
    }
    if (byte === CLOSE || byte === CLOSE_ARRAY) {
      if (depth === 0) return i
      if (--depth === 0) return i + 1
    } else if (byte === OPEN || byte === OPEN_ARRAY) depth++
    else if (depth === 0 && (byte === COMMA || isBlank(byte))) return i
    i++
  }
  return end
}

/** Behind the closing quote of the string at `start`; at the line feed if there is none before it. */
function stringEnd(bytes: Buffer, start: number, end: number): number {
  for (let i = start + 1; i < end; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) return i + 1
    if (byte === LF) return i
    if (byte === BACKSLASH && bytes[i + 1] !== LF) i++
  }
  return end
}

function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39)
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}
