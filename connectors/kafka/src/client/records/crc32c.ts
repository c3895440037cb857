/**
 * CRC-32C (Castagnoli), eight bytes at a time: "slicing-by-8" (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
 * High-Performance CRC Generation", 2008). The crc32 of node:zlib has another polynomial.
 */
const POLYNOMIAL = 0x82f63b78
const SLICE = 256
const TABLE = makeTable()

/** Of `bytes[start … end)`, as an unsigned number. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = -1
  let at = start
  for (const last = end - 7; at < last; at += 8) {
    const low = crc ^ bytes.readInt32LE(at)
    const high = bytes.readInt32LE(at + 4)
    crc =
      (TABLE[7 * SLICE + (low & 0xff)] as number) ^
      (TABLE[6 * SLICE + ((low >>> 8) & 0xff)] as number) ^
      (TABLE[5 * SLICE + ((low >>> 16) & 0xff)] as number) ^
      (TABLE[4 * SLICE + (low >>> 24)] as number) ^
      (TABLE[3 * SLICE + (high & 0xff)] as number) ^
      (TABLE[2 * SLICE + ((high >>> 8) & 0xff)] as number) ^
      (TABLE[SLICE + ((high >>> 16) & 0xff)] as number) ^
      (TABLE[high >>> 24] as number)
  }
  for (; at < end; at++) crc = (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Slice n advances a byte's remainder by n further zero bytes. */
function makeTable(): Int32Array {
  const table = new Int32Array(8 * SLICE)
  for (let byte = 0; byte < SLICE; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    table[byte] = crc
  }
  for (let index = SLICE; index < table.length; index++) {
    const before = table[index - SLICE] as number
    table[index] = (before >>> 8) ^ (table[before & 0xff] as number)
  }
  return table
}
