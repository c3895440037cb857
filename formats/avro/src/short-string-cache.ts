const SLOTS = 2048
const MAX_BYTES = 12

/** Native methods of Buffer that its declarations leave out: without the checks around them that cost as much as a short string. */
export interface SliceableBuffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

/**
 * Codes, names and categories repeat: looking a short ASCII string up by its bytes is cheaper than decoding it again, and the
 * same string object is found faster in the Maps of keyed operators. Direct-mapped: a miss replaces what is in the slot.
 */
export class ShortStringCache {
  readonly #slots: string[] = Array.from({ length: SLOTS }, () => '')

  /** Undefined for text that is longer or no ASCII. */
  decode(bytes: Buffer, start: number, end: number): string | undefined {
    const length = end - start
    if (length > MAX_BYTES) return undefined
    let hash = length
    let bits = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      bits |= byte
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    if (bits > 0x7f) return undefined
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#slots[slot] as string
    if (known.length === length) {
      let i = 0
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++
      if (i === length) return known
    }
    return (this.#slots[slot] = (bytes as unknown as SliceableBuffer).latin1Slice(start, end))
  }
}
