import { isUtf8 } from 'node:buffer'
import { utf8Slice } from '@millrace/core/spi'
import type { ShortStringCache } from '@millrace/core/spi'
import { damaged } from './avro-error.ts'

const TWO_28 = 2 ** 28
/** Items that take no bytes (nulls, empty records) are bounded by nothing else than this. */
const MAX_EMPTY_ITEMS = 1 << 20
const MAX_SHORT_BYTES = 12
const MAX_DEPTH = 500

/**
 * Reads the binary encoding. Reading beyond `end` gives zeros and is noticed afterwards, by `checkEnd`, once per record; lengths
 * and counts are checked at once, so that damaged bytes never cost more memory than there are bytes.
 */
export class ByteTap {
  bytes: Buffer = Buffer.alloc(0)
  /** The bytes as Latin-1, or empty. V8 copies parts of up to 12 letters; a longer one would keep all of it in memory for as long as it lives itself. */
  text = ''
  at = 0
  end = 0
  /** The first value of the current record that its type cannot hold. Bytes are read on: the records after it are sound. */
  failure: { readonly field: string; readonly reason: string } | undefined
  #depth = 0

  open(bytes: Buffer, at: number, end: number, text = ''): void {
    this.bytes = bytes
    this.text = text
    this.at = at
    this.end = end
  }

  checkEnd(): void {
    if (this.at > this.end) throw damaged('expected more bytes, found the end of the data')
  }

  fail(field: string, reason: string): void {
    this.failure ??= { field, reason }
  }

  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw damaged(`expected records nested at most ${MAX_DEPTH} deep`)
  }

  leave(): void {
    this.#depth--
  }

  /** After an error in the middle of a record. */
  reset(): void {
    this.#depth = 0
    this.failure = undefined
  }

  boolean(): boolean {
    return this.bytes[this.at++] === 1
  }

  /** Beyond ±(2^53 − 1) only an approximation; `bigLong` is exact. */
  long(): number {
    const { bytes } = this
    let byte = bytes[this.at++] as number
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
    let low = byte & 0x7f
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++] as number
      low |= (byte & 0x7f) << shift
      if (!(byte >= 0x80)) return (low >>> 1) ^ -(low & 1)
    }
    let rest = 0
    let unit = 1
    for (let count = 0; ; count++) {
      if (count === 6) throw damaged('expected a number of at most 64 bits')
      byte = bytes[this.at++] as number
      rest += (byte & 0x7f) * unit
      unit *= 128
      if (!(byte >= 0x80)) break
    }
    const magnitude = (low >>> 1) + rest * (TWO_28 / 2)
    return (low & 1) === 0 ? magnitude : -magnitude - 1
  }

  bigLong(): bigint {
    const start = this.at
    const value = this.long()
    if (Number.isSafeInteger(value)) return BigInt(value)
    let raw = 0n
    for (let at = this.at - 1; at >= start; at--) raw = (raw << 7n) | BigInt((this.bytes[at] as number) & 0x7f)
    return BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n))
  }

  float(): number {
    const { at } = this
    this.at += 4
    return this.at > this.end ? 0 : this.bytes.readFloatLE(at)
  }

  double(): number {
    const { at } = this
    this.at += 8
    return this.at > this.end ? 0 : this.bytes.readDoubleLE(at)
  }

  /** The length of a string or byte array, which is there. */
  length(): number {
    const length = this.long()
    if (!(length >= 0 && length <= this.end - this.at)) throw damaged(`expected a length of at most ${Math.max(0, this.end - this.at)} bytes, found ${length}`)
    return length
  }

  /** @param cache of the field. */
  string(field: string, cache: ShortStringCache): string {
    const length = this.length()
    const start = this.at
    this.at = start + length
    if (length <= MAX_SHORT_BYTES) return this.#shortString(start, field, cache)
    return this.#utf8(start, field)
  }

  #shortString(start: number, field: string, cache: ShortStringCache): string {
    const { bytes, at: end, text } = this
    const isSearched = cache.useful
    const known = isSearched ? cache.find(bytes, start, end) : undefined
    if (known !== undefined) return known
    let bits = 0
    for (let i = start; i < end; i++) bits |= bytes[i] as number
    if (bits > 0x7f) return this.#utf8(start, field) // not kept, as it may be no UTF-8, which is told anew every time
    const short = text === '' ? utf8Slice(bytes, start, end) : text.substring(start, end)
    return isSearched ? cache.keep(short, bytes, start, end) : short
  }

  #utf8(start: number, field: string): string {
    const text = utf8Slice(this.bytes, start, this.at)
    // U+FFFD is what bytes that are no UTF-8 become, but it may also stand there itself
    if (text.includes('\uFFFD') && !isUtf8(this.bytes.subarray(start, this.at))) this.fail(field, 'expected text in UTF-8')
    return text
  }

  /** A copy that belongs to the receiver. */
  copy(length: number): Uint8Array {
    const start = this.at
    this.skip(length)
    return new Uint8Array(this.bytes.subarray(start, this.at))
  }

  skip(length: number): void {
    this.at += length
    this.checkEnd()
  }

  /** The number of items in the next block of an array or map, 0 at its end. `minBytes`: what an item takes at least. */
  blockCount(minBytes: number): number {
    let count = this.long()
    if (count < 0) {
      count = -count
      this.long() // the bytes of the block, for readers that skip it
    }
    const most = minBytes === 0 ? MAX_EMPTY_ITEMS : Math.max(0, this.end - this.at) / minBytes
    if (!(count <= most)) throw damaged(`expected at most ${Math.floor(most)} items in what is left, found a count of ${count}`)
    return count
  }
}
