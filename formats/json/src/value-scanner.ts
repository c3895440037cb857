const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Finds where one JSON value ends, over any number of windows. Looks at brackets and strings only: JSON.parse judges the rest. */
export class ValueScanner {
  #depth = 0
  #inString = false
  #started = false

  /** For the value that starts at the next byte that is scanned. */
  reset(): void {
    this.#depth = 0
    this.#inString = false
    this.#started = false
  }

  /**
   * Goes on at `from`. The index behind the value, or −1 if it does not end before `bytes.length`; then the next call starts
   * where `resume` says. A number or word ends at a comma, bracket, colon or blank, or where the file ends.
   */
  scan(bytes: Uint8Array, from: number, ended: boolean): number {
    let i = from
    for (; i < bytes.length; i++) {
      const byte = bytes[i] as number
      if (this.#inString) {
        if (byte === BACKSLASH) {
          if (i + 1 === bytes.length) break
          i++
        } else if (byte === QUOTE) {
          this.#inString = false
          if (this.#depth === 0) return i + 1
        }
        continue
      }
      if (byte === QUOTE) {
        if (this.#depth === 0 && this.#started) return i
        this.#inString = true
      } else if (byte === 0x7b || byte === 0x5b) {
        if (this.#depth === 0 && this.#started) return i
        this.#depth++
      } else if (byte === 0x7d || byte === 0x5d) {
        if (this.#depth === 0) return i
        if (--this.#depth === 0) return i + 1
      } else if (this.#depth === 0 && (byte === 0x2c || byte === 0x3a || byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) return i
      this.#started = true
    }
    this.resume = i
    return ended && this.#started && this.#depth === 0 && !this.#inString ? i : -1
  }

  /** Where the next call has to start, after −1: a backslash at the end is seen again with what it escapes. */
  resume = 0
}
