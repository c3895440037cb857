import { MillraceError } from '../errors.ts'
import { MAX_SHORT_ASCII, shortAsciiDecoder } from './short-ascii.ts'
import type { DataInput } from './data-input.ts'
import type { ShortAsciiDecoder } from './short-ascii.ts'

const EMPTY = new Uint8Array(0)
/** Up to here the few floats there can be are sooner copied byte by byte than a view is made. */
const FEW_BYTES = 64
const FLOAT = new Float64Array(1)
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer)
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
/** The bits of 2^53 − 1 above the lowest 28. */
const MAX_HIGH = 2 ** 25 - 1

class ByteDataInput implements DataInput {
  position = 0
  #bytes: Uint8Array = EMPTY
  #end = 0
  // made on first use: many inputs hold neither floats nor long strings, and `wrap` is called once per stored value
  #view: DataView | undefined
  #text: Buffer | undefined
  readonly #decodeShort: ShortAsciiDecoder = shortAsciiDecoder()

  constructor(bytes: Uint8Array) {
    this.wrap(bytes)
  }

  get remaining(): number {
    return this.#end - this.position
  }

  wrap(bytes: Uint8Array, start: number = 0, end: number = bytes.length): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = undefined
      this.#text = undefined
    }
    this.position = start
    this.#end = end
  }

  /** Claims the next bytes and returns where they start. */
  #take(byteCount: number): number {
    const start = this.position
    if (start + byteCount > this.#end) throw truncated(byteCount, start, this.#end)
    this.position = start + byteCount
    return start
  }

  readByte(): number {
    const at = this.position
    if (at >= this.#end) throw truncated(1, at, this.#end)
    this.position = at + 1
    return this.#bytes[at] as number
  }

  readBoolean(): boolean {
    return this.readByte() !== 0
  }

  readInt32(): number {
    const at = this.#take(4)
    const bytes = this.#bytes
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
  }

  readFloat64(): number {
    const at = this.#take(8)
    if (this.#end <= FEW_BYTES && IS_LITTLE_ENDIAN) return this.#readShortFloat64(at)
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#view.getFloat64(at, true)
  }

  #readShortFloat64(at: number): number {
    const bytes = this.#bytes
    for (let index = 0; index < 8; index++) FLOAT_BYTES[index] = bytes[at + index] as number
    return FLOAT[0] as number
  }

  readVarLong(): number {
    const first = this.readByte()
    const low = (first & 0x7f) >>> 1
    const magnitude = first < 0x80 ? low : low + 64 * this.readVarUint()
    if (magnitude > Number.MAX_SAFE_INTEGER) throw corrupt(this.position)
    return (first & 1) === 0 ? magnitude : -magnitude - 1
  }

  readVarUint(): number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.readByte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return low
    }
    // what is left of 53 bits fits an integer again
    let high = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.readByte()
      high |= (byte & 0x7f) << shift
      if (byte < 0x80) break
      if (shift === 21) throw corrupt(this.position)
    }
    if (high > MAX_HIGH) throw corrupt(this.position)
    return high * 2 ** 28 + low
  }

  readBigInt(): bigint {
    const length = this.readVarUint()
    const start = this.#take(length)
    if (length === 0) return 0n
    let value = BigInt.asIntN(8, BigInt(this.#bytes[start + length - 1] as number))
    for (let index = length - 2; index >= 0; index--) value = (value << 8n) | BigInt(this.#bytes[start + index] as number)
    return value
  }

  readString(): string {
    const length = this.readVarUint()
    const start = this.#take(length)
    if (length > MAX_SHORT_ASCII) return this.#readUtf8(start, length)
    const bytes = this.#bytes
    let bits = 0
    for (let index = start; index < start + length; index++) bits |= bytes[index] as number
    return bits > 0x7f ? this.#readUtf8(start, length) : this.#decodeShort(bytes, start, length)
  }

  #readUtf8(start: number, length: number): string {
    this.#text ??= Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#text.toString('utf8', start, start + length)
  }

  readBytes(): Uint8Array {
    return this.readRaw(this.readVarUint())
  }

  readRaw(length: number): Uint8Array {
    const start = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  skip(length: number): void {
    this.#take(length)
  }
}

function truncated(byteCount: number, position: number, end: number): MillraceError {
  const message = `expected ${byteCount} more bytes at position ${position}, found ${end - position}: the data was cut short, restore it from an intact copy`
  return new MillraceError('CORE_DATA_TRUNCATED', message, { origin: 'external', at: { offset: position } })
}

function corrupt(position: number): MillraceError {
  const message = `expected an integer of at most 53 bits, found a longer one before position ${position}: these bytes were not written by the type that reads them`
  return new MillraceError('CORE_DATA_CORRUPT', message, { origin: 'external', at: { offset: position } })
}

/** A DataInput over `bytes`; call `wrap` to point it at others. */
export function createDataInput(bytes: Uint8Array = EMPTY): DataInput {
  return new ByteDataInput(bytes)
}
