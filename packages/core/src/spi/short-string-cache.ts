const SLOTS = 1024
const MAX_BYTES = 12
const MIN_SEARCHES = 4096

/**
 * Codes, names and categories repeat: looking a short string up by its bytes is cheaper than decoding it again, and the same
 * string object is found faster in the Maps of keyed operators. Direct-mapped: a miss replaces what is in the slot.
 */
export class ShortStringCache {
  readonly #texts: string[] = Array.from({ length: SLOTS }, () => '')
  readonly #lengths = new Uint8Array(SLOTS)
  /** MAX_BYTES for each slot. */
  readonly #bytes = new Uint8Array(SLOTS * MAX_BYTES)
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
    return this.find(bytes, start, end) ?? this.keep(decode(bytes, start, end), bytes, start, end)
  }

  /** The text of [start, end), which are at most 12 bytes. After undefined, `keep` stores what the same bytes are decoded to. */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    const length = end - start
    let hash = length
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    this.#slot = slot
    if (this.#lengths[slot] === length) {
      const known = this.#bytes
      const base = slot * MAX_BYTES - start
      let i = start
      while (i < end && known[base + i] === bytes[i]) i++
      if (i === end) {
        this.#hits++
        return this.#texts[slot]
      }
    }
    this.#misses++
    return undefined
  }

  keep(text: string, bytes: Uint8Array, start: number, end: number): string {
    const slot = this.#slot
    const base = slot * MAX_BYTES - start
    for (let i = start; i < end; i++) this.#bytes[base + i] = bytes[i] as number
    this.#lengths[slot] = end - start
    return (this.#texts[slot] = text)
  }
}
