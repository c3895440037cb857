/** Up to here a loop over char codes beats the call into native code. */
const SHORT_STRING = 16
const TWO_28 = 2 ** 28

/** Writes the binary encoding into one buffer that grows: a block of records, or message after message with `take`. */
export class ByteSink {
  bytes: Buffer
  at = 0
  /** Where what `take` gives away begins. */
  #start = 0
  readonly #initialBytes: number

  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes
    this.bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  #reserve(byteCount: number): void {
    const needed = this.at + byteCount
    if (needed <= this.bytes.length) return
    const written = this.bytes.subarray(this.#start, this.at)
    const larger = Buffer.allocUnsafeSlow(Math.max((written.length + byteCount) * 2, this.#initialBytes))
    larger.set(written)
    this.bytes = larger
    this.#start = 0
    this.at = written.length
  }

  /** Forgets what was written since the last `take`. */
  restart(): void {
    this.at = this.#start
  }

  /** What was written, without a copy: its bytes belong to the receiver, and writing goes on behind them. */
  take(): Uint8Array {
    const { buffer, byteOffset } = this.bytes
    const taken = new Uint8Array(buffer, byteOffset + this.#start, this.at - this.#start) // a plain one: making a Buffer costs twice as much
    this.#start = this.at
    return taken
  }

  byte(value: number): void {
    this.#reserve(1)
    this.bytes[this.at++] = value
  }

  /** A safe integer. */
  long(value: number): void {
    this.#reserve(10)
    const { bytes } = this
    if ((value | 0) === value && value < 0x40000000 && value >= -0x40000000) {
      let rest = (value << 1) ^ (value >> 31)
      let { at } = this
      while (rest > 0x7f) {
        bytes[at++] = (rest & 0x7f) | 0x80
        rest >>>= 7
      }
      bytes[at++] = rest
      this.at = at
      return
    }
    // zig-zag of a large number exceeds 2^53, so it is written as its low 28 bits and the rest
    const sign = value < 0 ? 1 : 0
    const magnitude = value < 0 ? -1 - value : value
    let rest = Math.floor(magnitude / (TWO_28 / 2))
    let low = ((magnitude - rest * (TWO_28 / 2)) << 1) | sign
    for (let count = 0; count < 4; count++) {
      bytes[this.at++] = (low & 0x7f) | 0x80
      low >>>= 7
    }
    while (rest > 0x7f) {
      bytes[this.at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    bytes[this.at++] = rest
  }

  /** −2^63 ≤ value < 2^63. */
  bigLong(value: bigint): void {
    const number = Number(value)
    if (Number.isSafeInteger(number)) {
      this.long(number)
      return
    }
    this.#reserve(10)
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 0x7fn) {
      this.bytes[this.at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[this.at++] = Number(rest)
  }

  float(value: number): void {
    this.#reserve(4)
    this.at = this.bytes.writeFloatLE(value, this.at)
  }

  double(value: number): void {
    this.#reserve(8)
    this.at = this.bytes.writeDoubleLE(value, this.at)
  }

  /** Lone surrogates become U+FFFD. */
  string(value: string): void {
    const { length } = value
    if (length > SHORT_STRING) {
      this.#utf8(value)
      return
    }
    this.#reserve(length + 1)
    const { bytes } = this
    let { at } = this
    bytes[at++] = length << 1
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) {
        this.#utf8(value)
        return
      }
      bytes[at++] = code
    }
    this.at = at
  }

  #utf8(value: string): void {
    const byteLength = Buffer.byteLength(value)
    this.long(byteLength)
    this.#reserve(byteLength)
    this.at += this.bytes.write(value, this.at, 'utf8')
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }
}
