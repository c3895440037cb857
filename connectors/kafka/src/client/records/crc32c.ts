/**
 * CRC-32C (Castagnoli), sixteen bytes at a time: "slicing" (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
 * High-Performance CRC Generation", 2008). The crc32 of node:zlib has another polynomial. Half of what it costs to write or
 * read an uncompressed record is this, so bytes are loaded four at a time (little endian, as on every platform of Node).
 */
const POLYNOMIAL = 0x82f63b78
const SLICE = 256
const SLICES = 16
const TABLE = makeTable()

/** Of `bytes[start … end)`, as an unsigned number. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  const aligned = Math.min(end, start + (-(bytes.byteOffset + start) & 3))
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (end - aligned) >> 2)
  const wholeWords = words.length & ~3
  let crc = byteByByte(-1, bytes, start, aligned)
  for (let index = 0; index < wholeWords; index += 4) {
    const a = crc ^ (words[index] as number)
    const b = words[index + 1] as number
    const c = words[index + 2] as number
    const d = words[index + 3] as number
    crc =
      (TABLE[15 * SLICE + (a & 0xff)] as number) ^
      (TABLE[14 * SLICE + ((a >>> 8) & 0xff)] as number) ^
      (TABLE[13 * SLICE + ((a >>> 16) & 0xff)] as number) ^
      (TABLE[12 * SLICE + (a >>> 24)] as number) ^
      (TABLE[11 * SLICE + (b & 0xff)] as number) ^
      (TABLE[10 * SLICE + ((b >>> 8) & 0xff)] as number) ^
      (TABLE[9 * SLICE + ((b >>> 16) & 0xff)] as number) ^
      (TABLE[8 * SLICE + (b >>> 24)] as number) ^
      (TABLE[7 * SLICE + (c & 0xff)] as number) ^
      (TABLE[6 * SLICE + ((c >>> 8) & 0xff)] as number) ^
      (TABLE[5 * SLICE + ((c >>> 16) & 0xff)] as number) ^
      (TABLE[4 * SLICE + (c >>> 24)] as number) ^
      (TABLE[3 * SLICE + (d & 0xff)] as number) ^
      (TABLE[2 * SLICE + ((d >>> 8) & 0xff)] as number) ^
      (TABLE[SLICE + ((d >>> 16) & 0xff)] as number) ^
      (TABLE[d >>> 24] as number)
  }
  return ~byteByByte(crc, bytes, aligned + wholeWords * 4, end) >>> 0
}

function byteByByte(start: number, bytes: Buffer, from: number, to: number): number {
  let crc = start
  for (let at = from; at < to; at++) crc = (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  return crc
}

/** Slice n advances a byte's remainder by n further zero bytes. */
function makeTable(): Int32Array {
  const table = new Int32Array(SLICES * SLICE)
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
