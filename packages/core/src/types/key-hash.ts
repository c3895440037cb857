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
    if (stateKey.charCodeAt(0) === ENCODED_KEY_MARK) return hashChars(stateKey, 1, 0, 0, 0xff)
    const length = stateKey.length
    return length > MAX_SHORT_STRING ? hashWritten(stateKey) : hashChars(stateKey, 0, KEY_TAG.string | (length << 8), 2, 0x7f)
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

/** `head` holds the `headBytes` < 4 bytes before the characters; a character above `limit` is not one byte. */
function hashChars(text: string, from: number, head: number, headBytes: number, limit: number): number {
  const length = text.length
  let hash: number = MURMUR3_SEED
  let word = head
  let shift = headBytes * 8
  for (let index = from; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code > limit) return hashWritten(text)
    word |= code << shift
    shift += 8
    if (shift === 32) {
      hash = mixWord(hash, word)
      word = 0
      shift = 0
    }
  }
  return finish(mixTail(hash, word), length - from + headBytes)
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
