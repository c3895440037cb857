import { MillraceError } from '../../errors.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import { MAX_SHORT_ASCII, shortAsciiDecoder } from '../../types/short-ascii.ts'
import { ColumnBuffer } from './column-buffer.ts'

/** V8 copies a shorter part of a string; a longer one would keep the text of the whole batch in memory. */
const COPIED_LENGTH = 13
/** Longer strings are written by themselves. */
const MAX_LENGTH = 254
const LONG = -1
/** −1 in a byte. */
const LONG_BYTE = 255

const ASCII = 1
const UTF8 = 0

const createBytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
const createIntegers = (length: number): Int32Array<ArrayBuffer> => new Int32Array(length)

/*
 * The strings of a batch in the order of rows and fields: how many there are; a byte that says whether all are ASCII; their
 * lengths, −1 for a long one, of 8 bits if they are and of 32 bits, in UTF-8, if not; their text; the long ones, each as its
 * length and UTF-8. Joined they are encoded and decoded by one call into native code, which costs as much as a dozen strings
 * would by themselves.
 */

export class TextWriter {
  readonly #lengths = new ColumnBuffer(createIntegers)
  readonly #shortLengths = new ColumnBuffer(createBytes)
  #values: Int32Array = this.#lengths.values
  #count = 0
  #text = ''
  #long: string[] = []
  #buffer: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(0))

  /** Begins a batch of at most that many strings. */
  begin(strings: number): void {
    this.#values = this.#lengths.reserve(strings)
    this.#count = 0
    this.#text = ''
    this.#long = []
  }

  add(text: string): void {
    const length = text.length
    if (length > MAX_LENGTH) {
      this.#values[this.#count++] = LONG
      this.#long.push(text)
    } else {
      this.#values[this.#count++] = length
      this.#text += text
    }
  }

  write(output: DataOutput): void {
    const text = this.#text
    const count = this.#count
    if (text.length * 3 > this.#buffer.length) this.#buffer = Buffer.from(new ArrayBuffer(text.length * 4))
    let bytes = this.#buffer.write(text, 0, 'utf8')
    output.writeVarUint(count)
    if (bytes === text.length) {
      output.writeByte(ASCII)
      this.#shortLengths.reserve(count).set(this.#values.subarray(0, count))
      this.#shortLengths.write(count, output)
    } else {
      output.writeByte(UTF8)
      bytes = this.#writeEach(text)
      this.#lengths.write(count, output)
    }
    output.writeVarUint(bytes)
    output.writeRaw(this.#buffer.subarray(0, bytes))
    for (const long of this.#long) output.writeString(long)
  }

  #writeEach(text: string): number {
    let [position, bytes] = [0, 0]
    for (let index = 0; index < this.#count; index++) {
      const length = this.#values[index] as number
      if (length === LONG) continue
      const written = this.#buffer.write(text.substring(position, position + length), bytes, 'utf8')
      position += length
      bytes += written
      this.#values[index] = written
    }
    return bytes
  }
}

export class TextReader {
  readonly #lengths = new ColumnBuffer(createIntegers)
  readonly #shortLengths = new ColumnBuffer(createBytes)
  #values: Int32Array = this.#lengths.values
  #count = 0
  #index = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #buffer: Buffer = Buffer.alloc(0)
  #isAscii = true
  /** All text; empty if it is not ASCII. */
  #text = ''
  #start = 0
  #position = 0
  #end = 0
  #long: string[] = []
  readonly #decodeShort = shortAsciiDecoder()

  /** Throws CORE_DATA_TRUNCATED. */
  read(bytes: Uint8Array, input: DataInput): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    const count = input.readVarUint()
    this.#isAscii = input.readByte() === ASCII
    const longs = this.#isAscii ? this.#readShortLengths(count, bytes, input) : this.#readLengths(count, bytes, input)
    const length = input.readVarUint()
    this.#start = input.position
    input.skip(length)
    this.#end = input.position
    this.#text = this.#isAscii ? this.#buffer.toString('latin1', this.#start, this.#end) : ''
    this.#position = this.#start
    this.#count = count
    this.#index = 0
    this.#long = Array.from({ length: longs }, () => input.readString()).reverse()
  }

  next(): string {
    const length = this.#values[this.#index++] as number
    if (length < 0) return this.#long.pop() as string
    const start = this.#position
    this.#position = start + length
    if (!this.#isAscii) return this.#buffer.toString('utf8', start, start + length)
    if (length < COPIED_LENGTH) return this.#text.substring(start - this.#start, start - this.#start + length)
    return length <= MAX_SHORT_ASCII ? this.#decodeShort(this.#bytes, start, length) : this.#buffer.toString('latin1', start, start + length)
  }

  /** Throws CORE_DATA_CORRUPT unless all strings have been taken, and no more. */
  finish(): void {
    if (this.#index === this.#count && this.#position === this.#end) return
    throw new MillraceError('CORE_DATA_CORRUPT', `expected ${this.#count} strings of ${this.#end - this.#start} bytes in all, found ${this.#index} of ${this.#position - this.#start}`, { origin: 'external' })
  }

  /** These return how many of the strings are long. */
  #readShortLengths(count: number, bytes: Uint8Array, input: DataInput): number {
    const found = this.#shortLengths.read(count, bytes, input)
    const values = (this.#values = this.#lengths.reserve(count))
    let longs = 0
    for (let index = 0; index < count; index++) {
      const length = found[index] as number
      values[index] = length === LONG_BYTE ? LONG : length
      if (length === LONG_BYTE) longs++
    }
    return longs
  }

  #readLengths(count: number, bytes: Uint8Array, input: DataInput): number {
    const values = (this.#values = this.#lengths.read(count, bytes, input))
    let longs = 0
    for (let index = 0; index < count; index++) if (values[index] === LONG) longs++
    return longs
  }
}
