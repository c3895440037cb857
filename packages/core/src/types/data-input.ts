/** Reads what a DataOutput wrote. Throws CORE_DATA_TRUNCATED when the bytes end too early. */
export interface DataInput {
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
  readBytes(): Uint8Array
  readRaw(length: number): Uint8Array
  skip(length: number): void
  /** Points this reader at other bytes; lets one reader serve a whole batch. */
  wrap(bytes: Uint8Array, start?: number, end?: number): void
}
