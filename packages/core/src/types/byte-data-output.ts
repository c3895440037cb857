import type { DataOutput } from './data-output.ts'

/** Up to here a loop over char codes beats the call into native code, by measurement. */
const SHORT_STRING = 14
/** Up to here a loop over bytes beats making an array of a part, by measurement. */
const SHORT_BYTES = 20
/** Up to here three bytes a character are reserved without looking. */
const LONG_STRING = 4096
const MAX_VARINT_BYTES = 8

class ByteDataOutput implements DataOutput {
  position = 0
  #buffer: Buffer<ArrayBuffer>
  #view: DataView<ArrayBuffer>
  /** What `view` returned last: store keys of a table are often of one length, and an array costs more than a short key. */
  #taken: Uint8Array | undefined

  constructor(initialBytes: number) {
    this.#buffer = Buffer.from(new ArrayBuffer(initialBytes))
    this.#view = new DataView(this.#buffer.buffer)
  }

  #reserve(byteCount: number): void {
    const needed = this.position + byteCount
    if (needed > this.#buffer.length) this.#grow(needed)
  }

  #grow(needed: number): void {
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.#buffer.length * 2)))
    larger.set(this.#buffer.subarray(0, this.position))
    this.#buffer = larger
    this.#view = new DataView(larger.buffer)
    this.#taken = undefined
  }

  writeByte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.position++] = value
  }

  writeBoolean(value: boolean): void {
    this.writeByte(value ? 1 : 0)
  }

  writeInt32(value: number): void {
    this.#reserve(4)
    this.#view.setInt32(this.position, value, true)
    this.position += 4
  }

  writeFloat64(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.position, value, true)
    this.position += 8
  }

  writeVarLong(value: number): void {
    // zig-zag(v) = 2m + sign may exceed 2^53, so its lowest seven bits are taken before it is ever formed
    const sign = value < 0 ? 1 : 0
    const magnitude = value < 0 ? -1 - value : value
    this.#reserve(MAX_VARINT_BYTES)
    if (magnitude < 64) {
      this.#buffer[this.position++] = (magnitude << 1) | sign
      return
    }
    const rest = Math.floor(magnitude / 64)
    this.#buffer[this.position++] = 0x80 | ((magnitude - rest * 64) << 1) | sign
    this.#putVarUint(rest)
  }

  writeVarUint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES)
    this.#putVarUint(value)
  }

  #putVarUint(value: number): void {
    const buffer = this.#buffer
    let at = this.position
    let rest = value
    if (value >= 2 ** 28) {
      // two halves that fit integers: arithmetic on doubles costs several times as much
      rest = Math.floor(value / 2 ** 28)
      let low = value - rest * 2 ** 28
      for (let count = 0; count < 4; count++) {
        buffer[at++] = (low & 0x7f) | 0x80
        low >>>= 7
      }
    }
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.position = at
  }

  writeBigInt(value: bigint): void {
    // one sign word more than the value needs, cut back to the shortest form below
    const words: bigint[] = []
    let rest = value
    do {
      words.push(BigInt.asUintN(64, rest))
      rest >>= 64n
    } while (rest !== 0n && rest !== -1n)
    words.push(BigInt.asUintN(64, rest))
    const bytes = new Uint8Array(new BigUint64Array(words).buffer)
    const signByte = value < 0n ? 0xff : 0
    let length = bytes.length
    while (length > 0 && bytes[length - 1] === signByte) length--
    // the top bit must say the sign; zero alone needs no byte at all
    if (value !== 0n && (length === 0 || ((bytes[length - 1] ?? 0) & 0x80) !== (signByte & 0x80))) length++
    this.writeBytes(bytes.subarray(0, length))
  }

  writeString(value: string): void {
    const length = value.length
    if (length > SHORT_STRING) {
      this.#writeUtf8(value)
      return
    }
    this.#reserve(length + 1)
    const buffer = this.#buffer
    let at = this.position
    buffer[at++] = length
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) {
        this.#writeUtf8(value)
        return
      }
      buffer[at++] = code
    }
    this.position = at
  }

  #writeUtf8(value: string): void {
    const length = value.length
    this.#reserve((length > LONG_STRING ? Buffer.byteLength(value) : length * 3) + MAX_VARINT_BYTES)
    // the text goes where an ASCII string's would; it is written again only if its length prefix turns out longer
    const start = this.position
    const guessed = start + varUintBytes(length)
    const byteLength = this.#buffer.write(value, guessed, 'utf8')
    this.#putVarUint(byteLength)
    if (this.position !== guessed) this.#buffer.write(value, this.position, 'utf8')
    this.position += byteLength
  }

  writeBytes(value: Uint8Array): void {
    this.writeVarUint(value.length)
    this.writeRaw(value)
  }

  writeRaw(value: Uint8Array, start: number = 0, end: number = value.length): void {
    const length = end - start
    this.#reserve(length)
    const buffer = this.#buffer
    const at = this.position
    if (length === value.length) buffer.set(value, at)
    else if (length > SHORT_BYTES) buffer.set(value.subarray(start, end), at)
    else for (let index = 0; index < length; index++) buffer[at + index] = value[start + index] as number
    this.position = at + length
  }

  setInt32(position: number, value: number): void {
    this.#view.setInt32(position, value, true)
  }

  reset(): void {
    this.position = 0
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.position))
  }

  view(): Uint8Array {
    if (this.#taken?.length === this.position) return this.#taken
    return (this.#taken = new Uint8Array(this.#buffer.buffer, 0, this.position))
  }
}

function varUintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
}

/** A DataOutput over one growing array. `initialBytes` (default 1024) is only the first size; it doubles as needed. */
export function createDataOutput(initialBytes: number = 1024): DataOutput {
  return new ByteDataOutput(initialBytes)
}
