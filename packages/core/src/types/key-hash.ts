import { createDataOutput } from './byte-data-output.ts'
import { KEY_TAG, writeKey } from './canonical-key.ts'
import { ENCODED_KEY_MARK, fromStateKey } from './state-key.ts'
import { finish, mixTail, mixWord, murmur3, MURMUR3_SEED } from './murmur3.ts'
import type { StateKey } from './state-key.ts'

/** The longest string whose byte length is a one-byte varuint. */
const MAX_SHORT_STRING = 127
const CANONICAL_NAN_HIGH = 0x7ff80000

const output = createDataOutput(256)
const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/**
 * MurmurHash3_x86_32 with seed 0 over the canonical bytes of a key, signed. Strings of ASCII, numbers, booleans and
 * tuples are hashed without writing those bytes anywhere.
 */
export function keyHash(stateKey: StateKey): number {
  if (typeof stateKey === 'string') {
    const first = stateKey.length > 0 ? stateKey.charCodeAt(0) : 0
    return first === ENCODED_KEY_MARK ? hashFrom(stateKey, 1, MURMUR3_SEED, stateKey.length - 1, 0xff) : hashText(stateKey, first)
  }
  if (typeof stateKey === 'number') return hashNumber(stateKey)
  return typeof stateKey === 'boolean' ? finish(mixTail(MURMUR3_SEED, stateKey ? KEY_TAG.true : KEY_TAG.false), 1) : hashWritten(stateKey)
}

/** The same over the bytes that writeKey writes: the definition, and the way for what has no short cut. */
export function hashWritten(stateKey: StateKey): number {
  output.reset()
  writeKey(fromStateKey(stateKey), output)
  return murmur3(output.view())
}

function hashText(text: string, first: number): number {
  const length = text.length
  if (length > MAX_SHORT_STRING) return hashWritten(text)
  const head = KEY_TAG.string | (length << 8)
  const second = length > 1 ? text.charCodeAt(1) : 0
  if ((first | second) > 0x7f) return hashWritten(text)
  const word = head | (first << 16) | (second << 24)
  return length < 2 ? finish(mixTail(MURMUR3_SEED, word), length + 2) : hashFrom(text, 2, mixWord(MURMUR3_SEED, word), length + 2, 0x7f)
}

/** Continues `hash` with the characters from `index` on, one byte each unless one is above `limit` (all bits set). */
function hashFrom(text: string, index: number, hash: number, byteLength: number, limit: number): number {
  let mixed = hash
  let at = index
  let seen = 0
  for (; at + 4 <= text.length; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    seen |= a | b | c | d
    mixed = mixWord(mixed, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  for (let shift = 0; at < text.length; at++, shift += 8) {
    const code = text.charCodeAt(at)
    seen |= code
    tail |= code << shift
  }
  return seen > limit ? hashWritten(text) : finish(mixTail(mixed, tail), byteLength)
}

function hashNumber(value: number): number {
  double[0] = value === 0 ? 0 : value
  const isNaN = value !== value
  const low = isNaN ? 0 : (words[0] as number)
  const high = isNaN ? CANONICAL_NAN_HIGH : (words[1] as number)
  const first = mixWord(MURMUR3_SEED, KEY_TAG.number | (low << 8))
  const second = mixWord(first, (low >>> 24) | (high << 8))
  return finish(mixTail(second, high >>> 24), 9)
}
