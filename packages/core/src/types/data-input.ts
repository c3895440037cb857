/**
 * Reads what a DataOutput wrote. Throws CORE_DATA_TRUNCATED when the bytes end too early and CORE_DATA_CORRUPT when
 * they cannot have been written by a DataOutput.
 */
export interface DataInput {
  /** Index of the next byte in the wrapped array; starts at `start`. */
  readonly position: number
  readonly remaining: number
  readByte(): number
  readBoolean(): boolean
  readInt32(): number
  readFloat64(): number
  readVarLong(): number
  readVarUint(): number
  readBigInt(): bigint
  readString(): string
  /** A copy: it stays valid when the wrapped bytes are reused. */
  readBytes(): Uint8Array
  /** A copy of the next `length` bytes. */
  readRaw(length: number): Uint8Array
  skip(length: number): void
  /** Points this reader at other bytes; lets one reader serve a whole batch. */
  wrap(bytes: Uint8Array, start?: number, end?: number): void
}
