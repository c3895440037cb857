const SLOTS = 1024
const MAX_BYTES = 12

/**
 * Codes, names and categories repeat: looking a short ASCII string up by its bytes is cheaper than decoding it again, and the
 * same string object is found faster in the Maps of keyed operators. Direct-mapped: a miss replaces what is in the slot.
 */
export class ShortStringCache {
  readonly #slots: string[] = Array.from({ length: SLOTS }, () => '')

  decode(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > MAX_BYTES) return bytes.toString('utf8', start, end)
    let hash = length
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const known = this.#slots[slot] as string
    if (known.length === length) {
      let i = 0
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++ // a byte ≥ 0x80 is never equal: only ASCII is stored
      if (i === length) return known
    }
    const decoded = bytes.toString('utf8', start, end)
    if (decoded.length === length) this.#slots[slot] = decoded
    return decoded
  }
}
