const HIGH = 2 ** 32

/** Shorter bytes are cheaper to copy than to keep apart. */
const LENT_BYTES = 4096

/** Writes the primitive types of the Kafka protocol (kafka.apache.org/protocol, "Protocol Primitive Types") into a buffer that grows. */
export class ProtocolWriter {
  #buffer: Buffer
  /** Where in the buffer the next primitive goes, and where what is not yet among the parts begins. */
  #length = 0
  #partStart = 0
  readonly #parts: Uint8Array[] = []

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
  }

  /** What was written, to be sent one after the other; shares memory with the writer and with what it was lent. */
  get parts(): readonly Uint8Array[] {
    return this.#partStart === this.#length ? this.#parts : [...this.#parts, this.#buffer.subarray(this.#partStart, this.#length)]
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    const at = this.#grow(1)
    this.#buffer.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.#grow(2)
    this.#buffer.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#grow(4)
    this.#buffer.writeInt32BE(value, at)
  }

  /** A safe integer. */
  int64(value: number): void {
    const at = this.#grow(8)
    this.#buffer.writeInt32BE(Math.floor(value / HIGH), at)
    this.#buffer.writeUInt32BE(value >>> 0, at + 4)
  }

  bigint64(value: bigint): void {
    const at = this.#grow(8)
    this.#buffer.writeBigInt64BE(value, at)
  }

  string(value: string): void {
    const size = Buffer.byteLength(value)
    this.int16(size)
    this.#utf8(value, size)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  /** With their length. Many bytes are only lent: they must stay as they are until the request is answered. */
  bytes32(value: Uint8Array): void {
    this.int32(value.length)
    if (value.length < LENT_BYTES) {
      const at = this.#grow(value.length)
      this.#buffer.set(value, at)
    } else {
      this.#parts.push(this.#buffer.subarray(this.#partStart, this.#length), value)
      this.#partStart = this.#length
    }
  }

  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.int32(items.length)
    for (const item of items) write(item)
  }

  unsignedVarint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.int8((rest & 0x7f) - 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  compactString(value: string): void {
    const size = Buffer.byteLength(value)
    this.unsignedVarint(size + 1)
    this.#utf8(value, size)
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): void {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(item)
  }

  /** Flexible messages end every structure with tagged fields; we send none. */
  noTags(): void {
    this.int8(0)
  }

  #utf8(value: string, size: number): void {
    const at = this.#grow(size)
    this.#buffer.write(value, at, size, 'utf8')
  }

  /** Makes room for so many bytes and returns where they begin. */
  #grow(bytes: number): number {
    const at = this.#length
    const needed = at + bytes
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#length = needed
    return at
  }
}
