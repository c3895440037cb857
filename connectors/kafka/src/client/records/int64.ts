const HIGH = 2 ** 32

/** A 64-bit number that is exact below 2^53, without the cost of a bigint. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4)
}

export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / HIGH), at)
  bytes.writeUInt32BE(value >>> 0, at + 4)
}
