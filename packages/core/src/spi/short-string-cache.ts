const SLOTS = 1024
const MAX_BYTES = 12
const MIN_SEARCHES = 4096

/**
 * Codes, names and categories repeat: looking a short ASCII string up by its bytes is cheaper than decoding it again, and the
 * same string object is found faster in the Maps of keyed operators. Direct-mapped: a miss replaces what is in the slot.
 */
export class ShortStringCache {
  readonly #slots: string[] = Array.from({ length: SLOTS }, () => '')
  #hits = 0
  #misses = 0
  /** Of the last search. */
  #slot = 0

  /** False once most searches failed: where texts differ from row to row, looking for them costs more than decoding them. */
  get useful(): boolean {
    return this.#misses < MIN_SEARCHES || this.#misses < this.#hits
  }

  /** The text of [start, end), from the cache or else from `decode`. */
  decode(bytes: Buffer, start: number, end: number, decode: (bytes: Buffer, start: number, end: number) => string): string {
    if (end - start > MAX_BYTES || !this.useful) return decode(bytes, start, end)
    return this.find(bytes, start, end) ?? this.keep(decode(bytes, start, end), end - start)
  }

  /** The text of [start, end), which are at most 12 bytes. After undefined, `keep` stores what they are decoded to. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start
    let hash = length
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    this.#slot = slot
    const known = this.#slots[slot] as string
    if (known.length !== length) {
      this.#misses++
      return undefined
    }
    let i = 0
    while (i < length && known.charCodeAt(i) === bytes[start + i]) i++ // what is stored has as many letters as bytes, and each is its byte
    if (i === length) this.#hits++
    else this.#misses++
    return i === length ? known : undefined
  }

  /** Stores what the bytes of the last search are as text, if it has a letter per byte, and gives it back. */
  keep(decoded: string, byteLength: number): string {
    if (decoded.length === byteLength) this.#slots[this.#slot] = decoded
    return decoded
  }
}
