import { MillraceError } from '../errors.ts'
import { keyHash } from './key-hash.ts'
import { finish, mixWord } from './murmur3.ts'
import type { KeyGroupRange } from './key-group-range.ts'
import type { StateKey } from './state-key.ts'

/*
 * Flink's KeyGroupRangeAssignment and MathUtils.murmurHash: the same key hash lands in the same key group and, at the
 * same parallelism, on the same subtask.
 */
const MIN_MAX_PARALLELISM = 128
const MAX_MAX_PARALLELISM = 32_768

/** The key group, 0 to maxParallelism − 1, of a state key. */
export function keyGroupOf(stateKey: StateKey, maxParallelism: number): number {
  return computeKeyGroupForKeyHash(keyHash(stateKey), maxParallelism)
}

/** The key group of a 32-bit hash: murmur3 of its four bytes, made non-negative, modulo `maxParallelism`. */
export function computeKeyGroupForKeyHash(hash: number, maxParallelism: number): number {
  const mixed = finish(mixWord(0, hash), 4)
  const sign = mixed >> 31
  // the absolute value without leaving 32-bit integers: −2^31 has no positive counterpart among them; there it is 0
  return (((mixed ^ sign) - sign) & 0x7fff_ffff) % maxParallelism
}

/** The subtask, 0 to parallelism − 1, that owns a key group. */
export function computeOperatorIndexForKeyGroup(maxParallelism: number, parallelism: number, keyGroup: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism)
}

/** The key groups of a subtask. Throws CORE_INVALID_PARALLELISM when there are fewer key groups than subtasks. */
export function computeKeyGroupRangeForOperatorIndex(maxParallelism: number, parallelism: number, operatorIndex: number): KeyGroupRange {
  if (parallelism > maxParallelism) {
    const message = `expected a parallelism of at most maxParallelism (${maxParallelism}), found ${parallelism}; lower the parallelism, or start without the snapshot that fixes maxParallelism`
    throw new MillraceError('CORE_INVALID_PARALLELISM', message, { origin: 'user' })
  }
  const start = Math.ceil((operatorIndex * maxParallelism) / parallelism)
  const end = Math.ceil(((operatorIndex + 1) * maxParallelism) / parallelism) - 1
  return { start, end }
}

/** 1.5 × parallelism rounded up to a power of two, within 128 … 32768. */
export function computeDefaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2)
  let powerOfTwo = MIN_MAX_PARALLELISM
  while (powerOfTwo < wanted && powerOfTwo < MAX_MAX_PARALLELISM) powerOfTwo *= 2
  return powerOfTwo
}
