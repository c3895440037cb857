/*
 * MurmurHash3_x86_32 by Austin Appleby (public domain), in parts, so that callers can hash bytes they never put into
 * an array: fold each full little-endian word with `mixWord`, the rest with `mixTail`, and end with `finish`.
 */
export const MURMUR3_SEED = 0

export function mixWord(hash: number, word: number): number {
  const mixed = hash ^ scramble(word)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

/** The last one to three bytes, lowest first. Zero of them change nothing. */
export function mixTail(hash: number, tail: number): number {
  return hash ^ scramble(tail)
}

export function finish(hash: number, byteLength: number): number {
  return avalanche(hash ^ byteLength)
}

/** The hash of bytes as a signed 32-bit integer. */
export function murmur3(bytes: Uint8Array): number {
  const length = bytes.length
  let hash: number = MURMUR3_SEED
  let at = 0
  for (; at + 4 <= length; at += 4) {
    hash = mixWord(
      hash,
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24),
    )
  }
  let tail = 0
  for (let shift = 0; at < length; at++, shift += 8) tail |= (bytes[at] as number) << shift
  return finish(mixTail(hash, tail), length)
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51)
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593)
}

function avalanche(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
