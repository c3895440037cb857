import { corruptIndex } from './corrupt-index.ts'
import { invalidKey } from './invalid-key.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import type { Key, KeyAtom } from './key.ts'

/**
 * The first byte of a canonical key. Numbers pin the format: snapshots and key groups depend on it.
 *
 * | tag | key | what follows |
 * |---|---|---|
 * | 0, 1 | false, true | nothing |
 * | 2 | number | IEEE 754 double, little-endian; −0 as 0, every NaN as 0x7ff8000000000000 |
 * | 3 | bigint | varuint length, shortest two's complement, little-endian |
 * | 4 | string | varuint length, UTF-8, not normalised |
 * | 5 | string with lone surrogates | varuint length, UTF-16LE |
 * | 6 | tuple | varuint count, the canonical bytes of each element |
 *
 * UTF-8 has no bytes for a lone surrogate, and replacing it would make different Map keys equal: such strings keep
 * their UTF-16 units under a tag of their own.
 */
export const KEY_TAG = { false: 0, true: 1, number: 2, bigint: 3, string: 4, illFormedString: 5, tuple: 6 } as const

const CANONICAL_NAN = new Uint8Array([0, 0, 0, 0, 0, 0, 0xf8, 0x7f])

/**
 * Writes the canonical bytes of a key: equal keys (as a Map compares them, tuples by element) have equal bytes, and
 * the reverse. Self-delimiting. Throws CORE_INVALID_KEY.
 */
export function writeKey(key: Key, output: DataOutput): void {
  if (!Array.isArray(key)) {
    writeAtom(key as KeyAtom, output, '')
    return
  }
  if (key.length === 0) throw invalidKey(key)
  output.writeByte(KEY_TAG.tuple)
  output.writeVarUint(key.length)
  for (let index = 0; index < key.length; index++) writeAtom(key[index] as KeyAtom, output, index)
}

function writeAtom(atom: KeyAtom, output: DataOutput, index: number | ''): void {
  switch (typeof atom) {
    case 'string':
      writeStringKey(atom, output)
      return
    case 'number':
      output.writeByte(KEY_TAG.number)
      if (Number.isNaN(atom)) output.writeRaw(CANONICAL_NAN)
      else output.writeFloat64(atom === 0 ? 0 : atom)
      return
    case 'bigint':
      output.writeByte(KEY_TAG.bigint)
      output.writeBigInt(atom)
      return
    case 'boolean':
      output.writeByte(atom ? KEY_TAG.true : KEY_TAG.false)
      return
    default:
      throw invalidKey(atom, index === '' ? '' : ` as element ${index} of a tuple`)
  }
}

function writeStringKey(text: string, output: DataOutput): void {
  if (text.isWellFormed()) {
    output.writeByte(KEY_TAG.string)
    output.writeString(text)
    return
  }
  output.writeByte(KEY_TAG.illFormedString)
  output.writeBytes(Buffer.from(text, 'utf16le'))
}

/** Reads what writeKey wrote. */
export function readKey(input: DataInput): Key {
  const tag = input.readByte()
  if (tag !== KEY_TAG.tuple) return readAtom(tag, input)
  const length = input.readVarUint()
  const atoms: KeyAtom[] = []
  for (let index = 0; index < length; index++) atoms.push(readAtom(input.readByte(), input))
  return atoms as [KeyAtom, ...KeyAtom[]]
}

/** Passes over what writeKey wrote. */
export function skipKey(input: DataInput): void {
  const tag = input.readByte()
  if (tag !== KEY_TAG.tuple) {
    skipAtom(tag, input)
    return
  }
  for (let left = input.readVarUint(); left > 0; left--) skipAtom(input.readByte(), input)
}

function skipAtom(tag: number, input: DataInput): void {
  switch (tag) {
    case KEY_TAG.string:
    case KEY_TAG.bigint:
    case KEY_TAG.illFormedString:
      input.skip(input.readVarUint())
      return
    case KEY_TAG.number:
      input.skip(8)
      return
    case KEY_TAG.false:
    case KEY_TAG.true:
      return
    default:
      throw corruptIndex('the tag of a key', tag, KEY_TAG.tuple)
  }
}

function readAtom(tag: number, input: DataInput): KeyAtom {
  switch (tag) {
    case KEY_TAG.string:
      return input.readString()
    case KEY_TAG.number:
      return input.readFloat64()
    case KEY_TAG.bigint:
      return input.readBigInt()
    case KEY_TAG.false:
      return false
    case KEY_TAG.true:
      return true
    case KEY_TAG.illFormedString:
      return Buffer.from(input.readBytes()).toString('utf16le')
    default:
      throw corruptIndex('the tag of a key', tag, KEY_TAG.tuple)
  }
}
