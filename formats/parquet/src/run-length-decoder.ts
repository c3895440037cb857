/** Reads numbers of up to 32 bits in the hybrid of run lengths and bit packing (Encodings.md of the Parquet format, "RLE / Bit-Packing Hybrid"). */
export class RunLengthDecoder {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #width: number
  readonly #mask: number
  /** Of the next byte that is read, and of the next bit in it. */
  #at: number
  #bit = 0
  /** Values left of the current run. */
  #left = 0
  #isPacked = false
  #value = 0

  constructor(bytes: Uint8Array, start: number, end: number, width: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#width = width
    this.#mask = width === 32 ? -1 : (1 << width) - 1
  }

  /** Puts the next `count` values in `into`. Throws where there are fewer. */
  take(into: Int32Array, count: number): void {
    for (let done = 0; done < count; ) {
      while (this.#left === 0) this.#nextRun()
      const to = Math.min(count, done + this.#left)
      this.#left -= to - done
      if (this.#isPacked) this.#unpack(into, done, to)
      else into.fill(this.#value, done, to)
      done = to
    }
  }

  #nextRun(): void {
    this.#at += this.#bit === 0 ? 0 : 1
    this.#bit = 0
    const header = this.#varint()
    this.#isPacked = (header & 1) === 1
    this.#left = this.#isPacked ? (header >>> 1) * 8 : header >>> 1
    if (this.#isPacked) return
    this.#value = 0
    for (let shift = 0; shift < this.#width; shift += 8) this.#value |= this.#byte() << shift
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new Error('expected the length of a run, found more than 32 bits')
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new Error('expected more runs, found the end of the page')
    return this.#bytes[this.#at++] as number
  }

  #unpack(into: Int32Array, from: number, to: number): void {
    const bytes = this.#bytes
    const [width, mask] = [this.#width, this.#mask]
    let [at, bit] = [this.#at, this.#bit]
    // the last run may be cut short behind its last value
    if (at + Math.ceil((bit + (to - from) * width) / 8) > this.#end) throw new Error('expected more packed values, found the end of the page')
    const safe = Math.min(this.#end, bytes.length) - 5
    for (let index = from; index < to; index++) {
      let window = 0
      if (at <= safe) {
        window = ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> bit
        if (bit + width > 32) window |= (bytes[at + 4] as number) << (32 - bit)
      } else {
        for (let next = 0; next * 8 < bit + width; next++) {
          const byte = bytes[at + next] ?? 0
          window |= next === 0 ? byte >>> bit : byte << (next * 8 - bit)
        }
      }
      into[index] = window & mask
      bit += width
      at += bit >>> 3
      bit &= 7
    }
    this.#at = at
    this.#bit = bit
  }
}
