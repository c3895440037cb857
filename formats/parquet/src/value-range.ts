/** The least and the greatest of values, as the footer has them. */
export interface ValueRange {
  /** A bigint for integers of 64 bits. Undefined: there were no values, or only NaN. */
  readonly min: unknown
  readonly max: unknown
  /** How many were NaN. */
  readonly nans: number
}

/** Gathers the range of values that are compared as they are stored: numbers and bigints by size, texts by their UTF-8 bytes, bytes unsigned, false before true. */
export class RangeBuilder {
  #min: unknown
  #max: unknown
  #nans = 0

  add(value: unknown): void {
    if (this.#min === undefined) {
      if (Number.isNaN(value)) this.#nans++
      else this.#min = this.#max = value
    } else if (typeof value === 'number') {
      if (value < (this.#min as number)) this.#min = value
      else if (value > (this.#max as number)) this.#max = value
      else if (Number.isNaN(value)) this.#nans++
    } else if (compareStored(value, this.#min) < 0) this.#min = value
    else if (compareStored(value, this.#max) > 0) this.#max = value
  }

  /** What was gathered; begins anew. */
  take(): ValueRange {
    const range = { min: this.#min, max: this.#max, nans: this.#nans }
    this.#min = this.#max = undefined
    this.#nans = 0
    return range
  }
}

/** Negative, zero or positive. */
export function compareStored(left: unknown, right: unknown): number {
  if (typeof left === 'string') return compareTexts(left, right as string)
  if (left instanceof Uint8Array) return Buffer.compare(left, right as Uint8Array)
  return (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0
}

const FIRST_SURROGATE = 0xd800

/** The order of UTF-16 units is that of the bytes in UTF-8, but for surrogates and the units above them. */
function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)]
    if (a === b) continue
    return a >= FIRST_SURROGATE && b >= FIRST_SURROGATE ? Buffer.compare(Buffer.from(left), Buffer.from(right)) : a - b
  }
  return left.length - right.length
}
