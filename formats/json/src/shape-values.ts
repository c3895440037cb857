import { latin1Slice, ShortStringCache, utf8Slice } from '@millrace/core/spi'
import { hasLongDigits } from './exact-number.ts'
import { valueEnd } from './line-shape.ts'

/** What a value is taken for that JSON.parse must see in its line. */
export const MISMATCH: unique symbol = Symbol('mismatch')

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
const MAX_SHORT_BYTES = 12

/** Reads values for which a shape has no code of its own. */
export class OtherValue {
  /** Behind the value that was taken. */
  end = 0

  /** MISMATCH for what is no value, or has digits that a number loses. */
  take(bytes: Buffer, start: number, limit: number): unknown {
    const first = bytes[start]
    if (first === 0x74 && bytes[start + 1] === 0x72 && bytes[start + 2] === 0x75 && bytes[start + 3] === 0x65) {
      this.end = start + 4
      return true
    }
    if (first === 0x66 && bytes[start + 1] === 0x61 && bytes[start + 2] === 0x6c && bytes[start + 3] === 0x73 && bytes[start + 4] === 0x65) {
      this.end = start + 5
      return false
    }
    const end = valueEnd(bytes, start, limit)
    this.end = end
    if (hasLongDigits(bytes, start, end)) return MISMATCH
    try {
      return JSON.parse(utf8Slice(bytes, start, end))
    } catch {
      return MISMATCH
    }
  }
}

/** Reads the strings of one place in a shape. */
export class StringValue {
  /** Behind the closing quote of the string that was taken. */
  end = 0
  readonly #cache = new ShortStringCache()
  readonly #other: OtherValue

  constructor(other: OtherValue) {
    this.#other = other
  }

  /**
   * The string whose opening quote is at `start`, or MISMATCH. Short ones are cut from `text`, the bytes as Latin-1: V8 copies up
   * to 12 letters, while a longer part would keep all of `text` in memory for as long as it lives itself.
   */
  take(bytes: Buffer, start: number, limit: number, text: string): unknown {
    const first = start + 1
    let bits = 0
    let i = first
    for (let byte = bytes[i] as number; byte !== QUOTE; byte = bytes[++i] as number) {
      if (byte < 0x20 || byte === BACKSLASH) return this.#takeOther(bytes, start, limit)
      bits |= byte
    }
    this.end = i + 1
    if (i - first > MAX_SHORT_BYTES) return bits > 0x7f ? utf8Slice(bytes, first, i) : latin1Slice(bytes, first, i)
    const cache = this.#cache
    const isSearched = cache.useful
    const known = isSearched ? cache.find(bytes, first, i) : undefined
    if (known !== undefined) return known
    const decoded = bits > 0x7f ? utf8Slice(bytes, first, i) : text.substring(first, i)
    return isSearched ? cache.keep(decoded, bytes, first, i) : decoded
  }

  #takeOther(bytes: Buffer, start: number, limit: number): unknown {
    const value = this.#other.take(bytes, start, limit)
    this.end = this.#other.end
    return value
  }
}
