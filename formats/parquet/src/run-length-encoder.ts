/** Values in runs of at least this length are told once. */
const GROUP = 8

/** Encodes the first `count` values, of `width` bits each and at most 24, in the hybrid of run lengths and bit packing (Encodings.md of the Parquet format). */
export function packRuns(values: Int32Array, count: number, width: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(count / GROUP) * (width + 8) + 16)
  let at = 0
  const varint = (value: number): void => {
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at++] = rest
  }
  const pack = (from: number, to: number): void => {
    varint((((to - from) / GROUP) << 1) | 1)
    let [buffer, bits] = [0, 0]
    for (let index = from; index < to; index++) {
      const value = index < count ? (values[index] as number) : 0
      buffer |= value << bits
      bits += width
      for (; bits >= 8; bits -= 8) {
        bytes[at++] = buffer
        buffer >>>= 8
      }
    }
  }
  let packedFrom = 0
  let index = 0
  while (index < count) {
    const value = values[index] as number
    let end = index + 1
    while (end < count && values[end] === value) end++
    if (end - index < GROUP) {
      index += GROUP
      continue
    }
    if (index > packedFrom) pack(packedFrom, index)
    varint((end - index) << 1)
    for (let shift = 0; shift < width; shift += 8) bytes[at++] = value >>> shift
    index = packedFrom = end
  }
  if (packedFrom < count) pack(packedFrom, index)
  return bytes.subarray(0, at)
}

/** How many bits the numbers from 0 to `most` need. */
export function bitWidth(most: number): number {
  return 32 - Math.clz32(most)
}
