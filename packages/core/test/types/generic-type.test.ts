import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as types from '../../src/types/types.ts'
import { encode, roundTrip, writeError } from './round-trip.ts'

const generic = types.generic()
const unserializable = (value: unknown): unknown => writeError(types.generic<never>(), value)

describe('generic', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.integer(),
    fc.double().map((value) => (value === 0 ? 0 : value)),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
  )
  const values = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('node'), { maxLength: 5 }),
      fc.dictionary(
        fc.string().filter((name) => name !== '__proto__'),
        tie('node'),
        { maxKeys: 6, noNullPrototype: true },
      ),
      fc.array(fc.tuple(tie('node'), tie('node')), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(tie('node'), { maxLength: 4 }).map((members) => new Set(members)),
    ),
  })).node

  it('round-trips everything it accepts', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(roundTrip(generic, value)).toStrictEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  it('keeps objects and Maps apart, undefined, big integers, and times before 1970', () => {
    const value = {
      map: new Map<unknown, unknown>([
        ['a', { b: 1 }],
        [{ k: 1 }, 2n ** 100n],
      ]),
      set: new Set([1n, -(2n ** 70n)]),
      gone: undefined,
      date: new Date(-1),
      none: [undefined, null],
    }
    expect(roundTrip(generic, value)).toStrictEqual(value)
  })

  it('keeps many shapes, wide objects, long texts and deep nesting in one value', () => {
    const shapes = Array.from({ length: 500 }, (_, index) => ({ [`a${index}`]: index, [`b${index % 7}`]: [index] }))
    const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`column ${index}`, index]))
    let deep: unknown = 'bottom'
    for (let level = 0; level < 499; level++) deep = level % 2 === 0 ? [deep] : { deep }
    for (const value of [shapes, wide, [shapes, wide, shapes], 'é'.repeat(100_000), deep]) expect(roundTrip(generic, value)).toStrictEqual(value)
  })

  it('reads bytes without anything that another value wrote', () => {
    const first = encode(generic, { a: 1, b: { c: 2 } })
    for (let index = 0; index < 200; index++) encode(generic, { [`field${index}`]: index, a: { [`inner${index}`]: 1 } })
    expect(encode(generic, { a: 1, b: { c: 2 } })).toEqual(first)
  })

  it('gives a plain Uint8Array of its own for a Buffer', () => {
    const back = roundTrip(generic, { bytes: Buffer.from('ab') }) as { bytes: Uint8Array }
    expect(back.bytes).toStrictEqual(new Uint8Array([97, 98]))
    expect(back.bytes.buffer.byteLength).toBe(2)
  })

  it('names what it cannot keep, where it is and what to do', () => {
    class Money {
      readonly amount = 1
    }
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const cases: readonly (readonly [unknown, string | undefined, string])[] = [
      [() => 1, undefined, 'a function'],
      [Symbol('s'), undefined, 'a symbol'],
      [{ a: [1, { f: () => 1 }] }, 'a[1].f', 'a function'],
      [{ price: new Money() }, 'price', 'an object of class Money'],
      [new Map([['k', new Error('x')]]), '["k"]', 'an object of class Error'],
      [new Map([[new Money(), 1]]), '[key]', 'an object of class Money'],
      [[new Set([/x/])], '[0][0]', 'an object of class RegExp'],
      [{ when: new Date(NaN) }, 'when', 'an invalid date'],
      [{ numbers: new Float64Array(1) }, 'numbers', 'Float64Array'],
      [{ later: Promise.resolve() }, 'later', 'Promise'],
      [JSON.parse('{"a":{"__proto__":1}}'), 'a', '__proto__'],
    ]
    for (const [value, field, found] of cases) {
      const error = unserializable(value)
      expect(error).toMatchObject({ code: 'CORE_UNSERIALIZABLE', origin: 'user', message: expect.stringContaining(found) })
      expect((error as { at: { field?: string } }).at.field).toBe(field)
    }
    expect(unserializable(cycle)).toMatchObject({ code: 'CORE_UNSERIALIZABLE', message: expect.stringContaining('contains itself') })
  })

  it('says which field of a row holds what cannot be kept', () => {
    const type = types.row({ id: types.int(), payload: types.generic() })
    expect(writeError(type as never, { id: 1, payload: { f: () => 1 } })).toMatchObject({ code: 'CORE_UNSERIALIZABLE', at: { field: 'payload.f' } })
  })

  it('reports bytes that are none of its own', () => {
    const type = types.custom<unknown>({
      id: 'x',
      version: 1,
      write: (_, output) => output.writeBytes(new Uint8Array([0xda, 0xff, 0xff, 0x61])),
      read: (input) => generic.serializer.read(input),
    })
    expect(() => roundTrip(type, 1)).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
  })
})
