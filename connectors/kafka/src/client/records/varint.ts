/**
 * Signed numbers of variable length, zigzag-coded as in Protocol Buffers. Numbers of 32 bits are shifted; larger ones
 * (differences of timestamps, up to 2^52) are divided, which is exact for a double.
 */
const SMALL = 2 ** 30
const GROUP = 128

export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x20_0000 ? 3 : zigzag < 0x1000_0000 ? 4 : 5
}

/** Returns where the next byte goes. */
export function writeVarint(bytes: Buffer, value: number, start: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = start
  while (rest > 0x7f) {
    bytes[at++] = rest | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

export function varlongBytes(value: number): number {
  if (value > -SMALL && value < SMALL) return varintBytes(value)
  let bytes = 1
  for (let rest = zigzagOf(value); rest >= GROUP; rest = Math.floor(rest / GROUP)) bytes++
  return bytes
}

export function writeVarlong(bytes: Buffer, value: number, start: number): number {
  if (value > -SMALL && value < SMALL) return writeVarint(bytes, value, start)
  let rest = zigzagOf(value)
  let at = start
  for (; rest >= GROUP; rest = Math.floor(rest / GROUP)) bytes[at++] = (rest % GROUP) + GROUP
  bytes[at++] = rest
  return at
}

function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : value * -2 - 1
}
