import { createDataInput } from './byte-data-input.ts'
import { createDataOutput } from './byte-data-output.ts'
import { invalidKey } from './invalid-key.ts'
import { readKey, writeKey } from './canonical-key.ts'
import type { Key, KeyAtom } from './key.ts'

/** A key as a Map can compare it: see toStateKey. */
export type StateKey = KeyAtom

/**
 * First UTF-16 unit of a state key that stands for canonical bytes: a low surrogate, which starts no well-formed string.
 * The bytes follow as one Latin-1 character each.
 */
export const ENCODED_KEY_MARK = 0xdc00
const MARK = String.fromCharCode(ENCODED_KEY_MARK)

const output = createDataOutput(256)
const input = createDataInput()

/**
 * The key as heap maps hold it: atoms stay as they are (−0 becomes 0), tuples become a string of their canonical bytes.
 * So do strings that start with the mark themselves, which keeps the mapping one-to-one. Throws CORE_INVALID_KEY.
 */
export function toStateKey(key: Key): StateKey {
  switch (typeof key) {
    case 'string':
      return key.charCodeAt(0) === ENCODED_KEY_MARK ? encoded(key) : key
    case 'number':
      return key === 0 ? 0 : key
    case 'bigint':
    case 'boolean':
      return key
    default:
      if (!Array.isArray(key)) throw invalidKey(key)
      return encoded(key)
  }
}

/** The key that toStateKey was given; −0 has become 0. */
export function fromStateKey(stateKey: StateKey): Key {
  if (typeof stateKey !== 'string' || stateKey.charCodeAt(0) !== ENCODED_KEY_MARK) return stateKey
  input.wrap(Buffer.from(stateKey.slice(1), 'latin1'))
  return readKey(input)
}

function encoded(key: Key): string {
  output.reset()
  writeKey(key, output)
  const bytes = output.view()
  return MARK + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
