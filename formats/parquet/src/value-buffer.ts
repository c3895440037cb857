import type { SchemaElement } from 'hyparquet'

/** Values of a page in the encoding PLAIN, as they come. */
export interface ValueBuffer {
  /** So far. */
  readonly byteLength: number
  append(value: never): void
  /** The bytes so far, of use until the next `append`, which begins anew. */
  take(): Uint8Array
}

/** For a column without fields of its own, other than decimals. */
export function valueBuffer(type: SchemaElement['type']): ValueBuffer {
  switch (type) {
    case 'BOOLEAN':
      return new BitBuffer()
    case 'INT32':
      return new NumberBuffer(4, (view, at, value: number) => view.setInt32(at, value, true))
    case 'FLOAT':
      return new NumberBuffer(4, (view, at, value: number) => view.setFloat32(at, value, true))
    case 'DOUBLE':
      return new NumberBuffer(8, (view, at, value: number) => view.setFloat64(at, value, true))
    case 'INT64':
      return new NumberBuffer(8, setLong)
    default:
      return new ByteArrayBuffer()
  }
}

/** Numbers by their halves: making a bigint of each costs several times as much. */
function setLong(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === 'bigint') return view.setBigInt64(at, value, true)
  view.setInt32(at, value, true) // which takes it modulo 2^32
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true)
}

const FIRST_BYTES = 4096

class NumberBuffer<V> implements ValueBuffer {
  byteLength = 0
  readonly #size: number
  readonly #set: (view: DataView, at: number, value: V) => void
  #bytes = new Uint8Array(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer)

  constructor(size: number, set: (view: DataView, at: number, value: V) => void) {
    this.#size = size
    this.#set = set
  }

  append(value: V): void {
    if (this.byteLength + this.#size > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, this.byteLength, this.#size)
      this.#view = new DataView(this.#bytes.buffer)
    }
    this.#set(this.#view, this.byteLength, value)
    this.byteLength += this.#size
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.byteLength)
    this.byteLength = 0
    return taken
  }
}

class BitBuffer implements ValueBuffer {
  #bytes = new Uint8Array(FIRST_BYTES)
  #count = 0

  get byteLength(): number {
    return (this.#count + 7) >>> 3
  }

  append(value: boolean): void {
    const at = this.#count >>> 3
    if (at === this.#bytes.length) this.#bytes = grown(this.#bytes, at, 1)
    if ((this.#count & 7) === 0) this.#bytes[at] = 0
    if (value) (this.#bytes[at] as number) |= 1 << (this.#count & 7)
    this.#count++
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.byteLength)
    this.#count = 0
    return taken
  }
}

/** Texts up to this length are encoded here, as calling native code costs more. */
const SHORT = 32

class ByteArrayBuffer implements ValueBuffer {
  byteLength = 0
  #bytes = Buffer.from(new Uint8Array(FIRST_BYTES).buffer)

  append(value: string | Uint8Array): void {
    const most = 4 + (typeof value === 'string' ? value.length * 3 : value.length)
    if (this.byteLength + most > this.#bytes.length) this.#bytes = Buffer.from(grown(this.#bytes, this.byteLength, most).buffer)
    const start = this.byteLength + 4
    const length = typeof value === 'string' ? this.#appendText(value, start) : this.#appendBytes(value, start)
    const bytes = this.#bytes
    bytes[start - 4] = length
    bytes[start - 3] = length >>> 8
    bytes[start - 2] = length >>> 16
    bytes[start - 1] = length >>> 24
    this.byteLength = start + length
  }

  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.byteLength)
    this.byteLength = 0
    return taken
  }

  #appendText(text: string, start: number): number {
    const { length } = text
    const bytes = this.#bytes
    if (length > SHORT) return bytes.write(text, start)
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0x7f) return bytes.write(text, start)
      bytes[start + index] = unit
    }
    return length
  }

  #appendBytes(value: Uint8Array, start: number): number {
    this.#bytes.set(value, start)
    return value.length
  }
}

function grown(bytes: Uint8Array, used: number, more: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(bytes.length * 2, used + more))
  larger.set(bytes.subarray(0, used))
  return larger
}
