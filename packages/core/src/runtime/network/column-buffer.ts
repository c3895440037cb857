import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'

const ROWS = 1024

export type Values = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>

/** The values of one field of a batch, in a place of their own, as typed arrays have to be aligned. */
export class ColumnBuffer<V extends Values> {
  values: V
  #bytes: Uint8Array
  readonly #create: (length: number) => V

  constructor(create: (length: number) => V) {
    this.#create = create
    this.values = create(ROWS)
    this.#bytes = new Uint8Array(this.values.buffer)
  }

  /** Makes room for that many rows. */
  reserve(rows: number): V {
    if (rows > this.values.length) {
      this.values = this.#create(rows)
      this.#bytes = new Uint8Array(this.values.buffer)
    }
    return this.values
  }

  write(rows: number, output: DataOutput): void {
    output.writeRaw(this.#bytes.subarray(0, rows * this.values.BYTES_PER_ELEMENT))
  }

  /** Throws CORE_DATA_TRUNCATED. */
  read(rows: number, bytes: Uint8Array, input: DataInput): V {
    const values = this.reserve(rows)
    const start = input.position
    input.skip(rows * values.BYTES_PER_ELEMENT)
    this.#bytes.set(bytes.subarray(start, input.position))
    return values
  }
}

const WIDE = 0
const NARROW = 1

/**
 * Numbers that are mostly integers near each other, as ids and times are: kept as doubles, written as 32-bit distances from
 * the first where that loses nothing. One byte says which; the first follows in front of distances.
 */
export class NumberColumn {
  readonly #wide = new ColumnBuffer((length) => new Float64Array(length))
  readonly #narrow = new ColumnBuffer((length) => new Int32Array(length))

  reserve(rows: number): Float64Array<ArrayBuffer> {
    return this.#wide.reserve(rows)
  }

  write(rows: number, output: DataOutput): void {
    const values = this.#wide.values
    const distances = this.#narrow.reserve(rows)
    const first = rows === 0 ? 0 : (values[0] as number)
    let index = 0
    for (; index < rows; index++) {
      const value = values[index] as number
      const distance = (value - first) | 0
      if (first + distance !== value) break
      distances[index] = distance
    }
    const isNarrow = index === rows
    output.writeByte(isNarrow ? NARROW : WIDE)
    if (isNarrow) {
      output.writeFloat64(first)
      this.#narrow.write(rows, output)
    } else {
      this.#wide.write(rows, output)
    }
  }

  /** Throws CORE_DATA_TRUNCATED. */
  read(rows: number, bytes: Uint8Array, input: DataInput): Float64Array<ArrayBuffer> {
    if (input.readByte() === WIDE) return this.#wide.read(rows, bytes, input)
    const first = input.readFloat64()
    const distances = this.#narrow.read(rows, bytes, input)
    const values = this.#wide.reserve(rows)
    for (let index = 0; index < rows; index++) values[index] = first + (distances[index] as number)
    return values
  }
}
