import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import { computeKeyGroupForKeyHash, keyGroupOf } from '../../src/types/key-group.ts'
import { hashWritten, keyHash } from '../../src/types/key-hash.ts'
import { readKey, writeKey } from '../../src/types/canonical-key.ts'
import { fromStateKey, toStateKey } from '../../src/types/state-key.ts'
import type { Key, KeyAtom } from '../../src/types/key.ts'

function bytesOf(key: Key): string {
  const output = createDataOutput()
  writeKey(key, output)
  return Buffer.from(output.view()).toString('hex')
}

/** A few atoms that collide easily, and any others. Strings here include lone surrogates and the mark of state keys. */
const units = fc.constantFrom('a', 'b', '\u0000', '\u007f', '\u0080', 'é', '\ud800', '\udc00', '\udfff', '\ufffd', '😀')
const atoms: fc.Arbitrary<KeyAtom> = fc.oneof(
  fc.constantFrom<KeyAtom>('', '1', 'NaN', 0, -0, 1, 1n, 0n, -1, NaN, true, false, 2 ** 53, '\udc00', '\udc00\u0006\u0001\u0001'),
  fc.string(),
  fc.string({ unit: units, maxLength: 6 }),
  fc.string({ minLength: 100, maxLength: 300 }),
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
)
const keys: fc.Arbitrary<Key> = fc.oneof(atoms, fc.tuple(atoms), fc.tuple(atoms, atoms), fc.tuple(atoms, atoms, atoms))

/** Equality of atoms as a Map has it, and of tuples element by element: the definition that everything else must meet. */
function sameKey(a: Key, b: Key): boolean {
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((atom, index) => sameKey(atom, b[index]))
  return new Set([a, b]).size === 1
}

function normal(key: Key): Key {
  return Array.isArray(key) ? (key.map(normal) as unknown as Key) : Object.is(key, -0) ? 0 : key
}

describe('canonical keys', () => {
  it('are equal exactly when the keys are, and so are state keys', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const same = sameKey(a, b)
        expect(bytesOf(a) === bytesOf(b)).toBe(same)
        expect(new Set([toStateKey(a), toStateKey(b)]).size === 1).toBe(same)
      }),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(keys, (key) => {
        const copy = Array.isArray(key) ? ([...key] as unknown as Key) : key
        expect(bytesOf(copy)).toBe(bytesOf(key))
        expect(new Set([toStateKey(copy), toStateKey(key)]).size).toBe(1)
      }),
    )
  })

  it('read back, as do state keys', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const output = createDataOutput()
        writeKey(key, output)
        output.writeByte(42)
        const input = createDataInput(output.view())
        expect(readKey(input)).toStrictEqual(normal(key))
        expect(input.remaining).toBe(1)
        expect(fromStateKey(toStateKey(key))).toStrictEqual(normal(key))
        expect(toStateKey(fromStateKey(toStateKey(key)))).toStrictEqual(toStateKey(key))
      }),
      { numRuns: 500 },
    )
  })

  it('leave well-formed strings and other atoms alone as state keys, and make one-element tuples differ from their element', () => {
    for (const atom of ['', 'abc', 'Zürich', '😀', 5, NaN, 7n, true] as const) expect(toStateKey(atom)).toBe(atom)
    expect(Object.is(toStateKey(-0), 0)).toBe(true)
    expect(toStateKey(['a'])).not.toBe('a')
    expect((toStateKey(['a']) as string).isWellFormed()).toBe(false)
  })

  it('hash alike on the short path and over their bytes', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const stateKey = toStateKey(key)
        expect(keyHash(stateKey)).toBe(hashWritten(stateKey))
      }),
      { numRuns: 1000 },
    )
    for (let length = 0; length < 260; length++) expect(keyHash('q'.repeat(length))).toBe(hashWritten('q'.repeat(length)))
    for (let position = 0; position < 12; position++) {
      const text = `${'q'.repeat(position)}é${'q'.repeat(11 - position)}`
      expect(keyHash(text)).toBe(hashWritten(text))
    }
  })

  it('refuse what is no key, saying what was found', () => {
    const invalid: readonly (readonly [unknown, string])[] = [
      [null, 'found null'],
      [undefined, 'found undefined'],
      [{ a: 1 }, 'found an object'],
      [new Date(0), 'found an object of class Date'],
      [Symbol('x'), 'found a symbol'],
      [() => 1, 'found a function'],
      [[], 'found an array of length 0'],
      [['a', null], 'found null as element 1 of a tuple'],
      [['a', ['b']], 'found an array of length 1 as element 1 of a tuple'],
    ]
    for (const [key, found] of invalid) {
      const expected = expect.objectContaining({ code: 'CORE_INVALID_KEY', origin: 'user', message: expect.stringContaining(found) })
      expect(() => writeKey(key as Key, createDataOutput())).toThrow(expected)
      expect(() => toStateKey(key as Key)).toThrow(expected)
    }
  })

  it('refuse bytes that are no key', () => {
    expect(() => readKey(createDataInput(new Uint8Array([9])))).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
    expect(() => readKey(createDataInput(new Uint8Array([6, 2, 1])))).toThrow(expect.objectContaining({ code: 'CORE_DATA_TRUNCATED' }))
  })
})

/* The vectors were computed by an independent implementation in Java, with Flink's arithmetic on 32-bit integers. */
type GoldenAtom = { readonly string: string } | { readonly number: string } | { readonly bigint: string } | { readonly boolean: boolean }
interface Golden {
  readonly keys: readonly {
    readonly key: GoldenAtom | readonly GoldenAtom[]
    readonly bytes: string
    readonly hash: number
    readonly group128: number
    readonly group32768: number
  }[]
  readonly murmurHash: readonly { readonly code: number; readonly hash: number }[]
}
const golden = JSON.parse(readFileSync(new URL('key-golden.json', import.meta.url), 'utf8')) as Golden

function goldenAtom(atom: GoldenAtom): KeyAtom {
  if ('string' in atom) return atom.string
  if ('number' in atom) return Number(atom.number)
  return 'bigint' in atom ? BigInt(atom.bigint) : atom.boolean
}

describe('golden vectors', () => {
  it('pin bytes, hashes and key groups of keys', () => {
    expect(golden.keys.length).toBeGreaterThan(50)
    for (const { key, bytes, hash, group128, group32768 } of golden.keys) {
      const value = (Array.isArray(key) ? key.map(goldenAtom) : goldenAtom(key as GoldenAtom)) as Key
      const stateKey = toStateKey(value)
      expect({
        key,
        bytes: bytesOf(value),
        hash: keyHash(stateKey),
        group128: keyGroupOf(stateKey, 128),
        group32768: keyGroupOf(stateKey, 32_768),
      }).toEqual({
        key,
        bytes,
        hash,
        group128,
        group32768,
      })
    }
  })

  it('pin the murmur hash of integers, including the one without a positive counterpart', () => {
    expect(golden.murmurHash.some(({ hash }) => hash === 0)).toBe(true)
    for (const { code, hash } of golden.murmurHash) expect([code, computeKeyGroupForKeyHash(code, 2 ** 31)]).toEqual([code, hash])
  })
})
