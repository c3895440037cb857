import { MillraceError } from '../errors.ts'
import type { DataInput } from './data-input.ts'

const EMPTY = new Uint8Array(0)
/** Up to here joining char codes beats the call into native code. */
const SHORT_STRING = 32

class ByteDataInput implements DataInput {
  position = 0
  #bytes: Uint8Array = EMPTY
  #end = 0
  // made on first use: many inputs hold neither floats nor long strings, and `wrap` is called once per stored value
  #view: DataView | undefined
  #text: Buffer | undefined

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
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return this.#view.getFloat64(at, true)
  }

  readVarLong(): number {
    const first = this.readByte()
    const low = (first & 0x7f) >>> 1
    const magnitude = first < 0x80 ? low : low + 64 * this.readVarUint()
    if (magnitude > Number.MAX_SAFE_INTEGER) throw corrupt('an integer beyond 2^53 − 1', this.position)
    return (first & 1) === 0 ? magnitude : -magnitude - 1
  }

  readVarUint(): number {
    let byte = this.readByte()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 128
    do {
      byte = this.readByte()
      value += (byte & 0x7f) * scale
      scale *= 128
      if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 63) throw corrupt('an integer beyond 2^53 − 1', this.position)
    } while (byte >= 0x80)
    return value
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
    if (length > SHORT_STRING) return this.#readUtf8(start, length)
    const bytes = this.#bytes
    let text = ''
    for (let index = start; index < start + length; index++) {
      const code = bytes[index] as number
      if (code > 0x7f) return this.#readUtf8(start, length)
      text += String.fromCharCode(code)
    }
    return text
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

function corrupt(found: string, position: number): MillraceError {
  const message = `found ${found} before position ${position}: these bytes were not written by the type that reads them`
  return new MillraceError('CORE_DATA_CORRUPT', message, { origin: 'external', at: { offset: position } })
}

/** A DataInput over `bytes`; call `wrap` to point it at others. */
export function createDataInput(bytes: Uint8Array = EMPTY): DataInput {
  return new ByteDataInput(bytes)
}
