import { MillraceError } from '@millrace/core/spi'

const HIGH = 2 ** 32

/** Reads the primitive types of the Kafka protocol. What it returns of bytes are views. */
export class ProtocolReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return this.#buffer.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#skip(4))
  }

  /** Exact below 2^53, which offsets and times are. */
  int64(): number {
    const at = this.#skip(8)
    return this.#buffer.readInt32BE(at) * HIGH + this.#buffer.readUInt32BE(at + 4)
  }

  bigint64(): bigint {
    return this.#buffer.readBigInt64BE(this.#skip(8))
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  nullableString(): string | null {
    return this.#utf8(this.int16())
  }

  /** Null and empty are the same to every caller. */
  bytes32(): Buffer {
    const size = Math.max(0, this.int32())
    const at = this.#skip(size)
    return this.#buffer.subarray(at, at + size)
  }

  /** An absent array is empty. */
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read)
  }

  unsignedVarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.int8()
      value |= (byte & 0x7f) << shift
      if (byte >= 0) return value >>> 0
    }
    throw malformed('a number of more than five bytes')
  }

  compactString(): string {
    return this.#utf8(this.unsignedVarint() - 1) ?? ''
  }

  compactArray<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read)
  }

  /** Skips tagged fields, of which we know none. */
  tags(): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint()
      this.#skip(this.unsignedVarint())
    }
  }

  #utf8(size: number): string | null {
    if (size < 0) return null
    const at = this.#skip(size)
    return this.#buffer.toString('utf8', at, at + size)
  }

  #items<T>(length: number, read: () => T): T[] {
    const items: T[] = []
    for (let index = 0; index < length; index++) items.push(read())
    return items
  }

  #skip(bytes: number): number {
    const at = this.#at
    if (at + bytes > this.#buffer.length) throw malformed(`${bytes} bytes expected at ${at} of ${this.#buffer.length}`)
    this.#at = at + bytes
    return at
  }
}

function malformed(found: string): MillraceError {
  return new MillraceError('KAFKA_PROTOCOL', `The broker's answer does not follow the protocol: ${found}. Is this address a Kafka broker, and nothing in between?`, {
    origin: 'external',
  })
}
