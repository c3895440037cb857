/**
 * A growable byte buffer that serializers write into. Little-endian throughout.
 * Reused between records: call `reset()`, write, then take `bytes()` (a copy) or `view()` (valid until the next write).
 */
export interface DataOutput {
  readonly position: number
  writeByte(value: number): void
  writeBoolean(value: boolean): void
  writeInt32(value: number): void
  writeFloat64(value: number): void
  /** Zig-zag varint of a safe integer (|v| ≤ 2^53 − 1). */
  writeVarLong(value: number): void
  /** Unsigned varint, 0 ≤ v ≤ 2^53 − 1. */
  writeVarUint(value: number): void
  /** Arbitrary-size signed integer: varuint byte length, then the shortest two's complement. */
  writeBigInt(value: bigint): void
  /** varuint byte length, then UTF-8. Lone surrogates become U+FFFD. */
  writeString(value: string): void
  /** varuint length, then the bytes. */
  writeBytes(value: Uint8Array): void
  /** The bytes alone, without a length; those from `start` (default 0) to `end` (default all), where it spares a subarray. */
  writeRaw(value: Uint8Array, start?: number, end?: number): void
  /** Overwrites four bytes written earlier (length prefixes, counts). */
  setInt32(position: number, value: number): void
  reset(): void
  /** A copy of what was written. */
  bytes(): Uint8Array
  /** What was written, without a copy; changes with the next write or reset. */
  view(): Uint8Array
}
