import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatUnscaled } from '../../src/types/decimal-type.ts'
import * as types from '../../src/types/types.ts'
import type { AnyType, TypeInformation } from '../../src/types/type-information.ts'
import { typedValues } from './arbitrary-type.ts'
import { encode, roundTrip, writeError } from './round-trip.ts'

const invalid = (type: AnyType, value: unknown): unknown => writeError(type as unknown as TypeInformation<never>, value)

describe('types', () => {
  it('round-trip random values of random types', () => {
    const samples = typedValues.chain(({ type, values }) => fc.tuple(fc.constant(type), values))
    fc.assert(
      fc.property(samples, ([type, value]) => {
        expect(roundTrip(type, value)).toStrictEqual(value)
      }),
      { numRuns: 300 },
    )
  })

  const refused: readonly (readonly [AnyType, readonly unknown[]])[] = [
    [types.string(), [1, null, undefined, {}, ['a']]],
    [types.boolean(), [0, 'true', null, undefined]],
    [types.int(), [1.5, 2 ** 31, -(2 ** 31) - 1, NaN, '1', 1n, null, undefined]],
    [types.long(), [0.5, 2 ** 53, Infinity, '1', 1n, undefined]],
    [types.bigint(), [1, '1', null, undefined]],
    [types.float(), ['1', 1n, undefined]],
    [types.double(), ['1', 1n, null, undefined]],
    [types.bytes(), [[1], new Uint16Array(1), 'a', undefined]],
    [types.timestamp(), [new Date(0), 0.5, 8.64e15 + 1, NaN, '0', undefined]],
    [types.date(), [0.5, 1e9, '2001-01-01', undefined]],
    [types.time(), [-1, 86_400_000, 0.5, undefined]],
    [types.decimal(5, 2), ['1.2', '1.234', '01.20', '+1.20', '-0.00', '1000.00', '.50', '1', 1.25, 125n, undefined]],
    [types.decimal(3, 0), ['1.', '1000', '-0', undefined]],
    [types.enumOf('a', 'b'), ['c', 0, null, undefined]],
    [types.list(types.int()), [{}, new Set(), [1.5], [undefined], undefined]],
    [types.map(types.string(), types.int()), [{}, [], new Map([[1, 1]]), undefined]],
    [types.tuple(types.int(), types.string()), [[1], [1, 'a', 2], [1, 2], undefined]],
    [types.json(), [undefined, NaN, Infinity, 1n, new Date(0), new Map(), { a: undefined }, [() => 1]]],
    [types.int().nullable(), [undefined, 'a']],
  ]
  for (const [type, values] of refused) {
    it(`refuse what does not fit: ${type.schema.kind}`, () => {
      for (const value of values)
        expect(invalid(type, value)).toMatchObject({
          code: 'CORE_TYPE_MISMATCH',
          origin: 'user',
          message: expect.stringMatching(/expected .*, found /),
        })
    })
  }

  it('tell to use null for undefined and name the path inside collections', () => {
    expect(invalid(types.string(), undefined)).toMatchObject({
      message: 'expected a string, found undefined; use null in a nullable type for what is absent',
    })
    expect(invalid(types.list(types.list(types.int())), [[1], [1, 'x']])).toMatchObject({
      at: { field: '[1][1]' },
      message: expect.stringContaining('field [1][1]: expected a whole number'),
    })
    expect(invalid(types.map(types.string(), types.tuple(types.int())), new Map([['k', ['x']]]))).toMatchObject({ at: { field: '["k"][0]' } })
    expect(invalid(types.json(), { a: [{ b: 1n }] })).toMatchObject({ at: { field: 'a[0].b' } })
  })

  it('round floats to 32 bits', () => {
    expect(roundTrip(types.float(), 0.1)).toBe(Math.fround(0.1))
  })

  it('keep bytes apart from the buffer they were read from, also for a Buffer', () => {
    expect(roundTrip<Uint8Array>(types.bytes(), Buffer.from('ab'))).toStrictEqual(new Uint8Array([97, 98]))
  })

  it('format scaled integers as decimals', () => {
    expect([formatUnscaled(-5n, 2), formatUnscaled(0n, 0), formatUnscaled(12345n, 3), formatUnscaled(100n, 0)]).toEqual([
      '-0.05',
      '0',
      '12.345',
      '100',
    ])
  })

  it('refuse impossible decimals', () => {
    for (const [precision, scale] of [
      [0, 0],
      [2, 3],
      [5, -1],
      [1.5, 0],
    ] as const) {
      expect(() => types.decimal(precision, scale)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TYPE' }))
    }
  })

  it('are singletons where they have no parameters, and nullable is made once', () => {
    expect(types.int()).toBe(types.int())
    expect(types.int().nullable()).toBe(types.int().nullable())
    expect(types.int().nullable().nullable()).toBe(types.int().nullable())
  })

  it('find a changed enum when reading', () => {
    const bytes = encode(types.enumOf('a', 'b', 'c'), 'c')
    const fewer = types.custom({
      id: 'swap',
      version: 1,
      write: (_: string, output) => output.writeRaw(bytes),
      read: (input) => types.enumOf('a').serializer.read(input),
    })
    expect(() => roundTrip(fewer, 'a')).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
  })

  it('report JSON text that is none', () => {
    const broken = types.custom<unknown>({
      id: 'x',
      version: 1,
      write: (_, output) => output.writeString('{'),
      read: (input) => types.json().serializer.read(input),
    })
    expect(() => roundTrip(broken, 1)).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
  })

  it('let users write their own', () => {
    class Point {
      readonly x: number
      constructor(x: number) {
        this.x = x
      }
    }
    const type = types.custom<Point>({
      id: 'point',
      version: 3,
      write: (point, output) => output.writeFloat64(point.x),
      read: (input) => new Point(input.readFloat64()),
    })
    expect(type.schema).toEqual({ kind: 'custom', id: 'point', version: 3 })
    expect([type.serializer.id, type.serializer.version]).toEqual(['point', 3])
    expect(roundTrip(type.nullable(), new Point(2))).toStrictEqual(new Point(2))
    expect(roundTrip(type.nullable(), null)).toBeNull()
  })
})
