const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** MurmurHash2 (Austin Appleby) with Kafka's seed, as a signed 32-bit number: what its Java client hashes keys with. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let k = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    k = Math.imul(k, M)
    k ^= k >>> R
    hash = Math.imul(hash, M) ^ Math.imul(k, M)
  }
  if (at < length) {
    for (let index = length - 1; index >= at; index--) hash ^= (bytes[index] as number) << ((index - at) * 8)
    hash = Math.imul(hash, M)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}
