import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRowCodec } from '../../src/types/compiled-row-codec.ts'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import { interpretRowCodec } from '../../src/types/interpreted-row-codec.ts'
import { planRow } from '../../src/types/row-plan.ts'
import * as types from '../../src/types/types.ts'
import type { Fields, RowType } from '../../src/types/row-type.ts'
import type { RowCodec } from '../../src/types/row-plan.ts'
import type { TypeInformation } from '../../src/types/type-information.ts'
import { typedRows } from './arbitrary-type.ts'
import { encode, roundTrip, writeError } from './round-trip.ts'

const Flight = types.row({ date: types.timestamp(), origin: types.string(), delay: types.int().nullable() })

function codecsOf(type: RowType<Fields>): readonly RowCodec<unknown>[] {
  const plan = planRow(Object.entries(type.fields).map(([name, fieldType]) => ({ name, type: fieldType })))
  return [compileRowCodec<unknown>(plan), interpretRowCodec<unknown>(plan)]
}

describe('row', () => {
  it('has the same bytes compiled and interpreted, and reads them back the same', () => {
    const samples = typedRows.chain(({ type, values }) => fc.tuple(fc.constant(type), fc.array(values, { minLength: 1, maxLength: 5 })))
    fc.assert(
      fc.property(samples, ([type, rows]) => {
        const outputs = codecsOf(type as unknown as RowType<Fields>).map((codec) => {
          const output = createDataOutput(16)
          for (const row of rows) codec.write(row, output)
          const input = createDataInput(output.view())
          for (const row of rows) {
            const back = codec.read(input)
            expect(back).toStrictEqual({ ...(row as object) })
            expect(Object.keys(back as object)).toEqual(Object.keys((type as unknown as RowType<Fields>).fields))
          }
          expect(input.remaining).toBe(0)
          return output.bytes()
        })
        expect(outputs[0]).toEqual(outputs[1])
        expect([...(outputs[0] as Uint8Array)]).toEqual(rows.flatMap((row) => [...encode(type, row)]))
      }),
      { numRuns: 200 },
    )
  })

  it('fails with the same error compiled and interpreted, naming the field', () => {
    const type = types.row({ a: types.row({ b: types.list(types.int()), c: types.string().nullable() }), d: types.boolean() })
    const wrong: readonly (readonly [unknown, string | undefined])[] = [
      [null, undefined],
      ['a', undefined],
      [{ a: null, d: true }, 'a'],
      [{ a: { b: [1, 2, '3'], c: null }, d: true }, 'a.b[2]'],
      [{ a: { b: [], c: undefined }, d: true }, 'a.c'],
      [{ a: { b: [], c: 'x' } }, 'd'],
    ]
    for (const [value, field] of wrong) {
      const [compiled, interpreted] = codecsOf(type as unknown as RowType<Fields>).map((codec) => writeError(typeOf(codec), value))
      expect(compiled).toMatchObject({ code: 'CORE_TYPE_MISMATCH', origin: 'user', message: (interpreted as Error).message })
      expect((compiled as { at: { field?: string } }).at.field).toBe(field)
    }
    expect(writeError(type as never, { a: { b: [], c: 'x' } })).toMatchObject({
      message: 'field d: expected a boolean, found undefined; use null in a nullable type for what is absent',
    })
    expect(writeError(type as never, 7)).toMatchObject({ message: 'expected row(a row(b list(int), c string?), d boolean), found the number 7' })
  })

  it('keeps nulls in a bitmap at its start', () => {
    expect([...encode(Flight, { date: 1, origin: 'A', delay: null })]).toEqual([1, 2, 1, 65])
    expect([...encode(Flight, { date: 1, origin: 'A', delay: -1 })]).toEqual([0, 2, 1, 65, 1])
    const wide = types.row(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, types.int().nullable()])))
    expect([...encode(wide, Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, index % 8 === 0 ? null : 1])))]).toEqual([
      1, 1, 2, 2, 2, 2, 2, 2, 2,
    ])
  })

  it('does not trust a schema that looks built in', () => {
    const shouting: TypeInformation<string> = {
      ...types.string(),
      serializer: { id: 'shout', version: 1, write: (value, output) => output.writeString(value.toUpperCase()), read: (input) => input.readString() },
    }
    expect(roundTrip(types.row({ text: shouting }), { text: 'a' })).toEqual({ text: 'A' })
  })

  it('writes declared fields only, and holds rows in rows, collections and nullables', () => {
    const extra = { date: 1, origin: 'A', delay: 3, more: 'x' }
    expect(roundTrip(Flight, extra)).toEqual({ date: 1, origin: 'A', delay: 3 })
    const nested = types.row({ flights: types.list(Flight), best: Flight.nullable() })
    const value = { flights: [{ date: 1, origin: 'A', delay: 3 }], best: null }
    expect(roundTrip(nested, value)).toEqual(value)
    expect(roundTrip(types.row({}), {})).toEqual({})
    expect(JSON.stringify(roundTrip(types.row({ constructor: types.int() }), { constructor: 5 }))).toBe('{"constructor":5}')
  })

  it('serves callers that took its functions before the first use', () => {
    const { write, read } = types.row({ a: types.int() }).serializer
    const output = createDataOutput()
    write({ a: 1 }, output)
    write({ a: 2 }, output)
    const input = createDataInput(output.view())
    expect([read(input), read(input)]).toEqual([{ a: 1 }, { a: 2 }])
  })

  it('refuses a field that would set the prototype', () => {
    expect(() => types.row({ ['__proto__']: types.int() })).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TYPE' }))
  })

  it('works with the same bytes where code generation is forbidden', () => {
    const root = new URL('../../src/types/', import.meta.url)
    const program = `
      const { row, string, int } = await import(${JSON.stringify(new URL('types.ts', root).href)})
      const { createDataOutput } = await import(${JSON.stringify(new URL('byte-data-output.ts', root).href)})
      const { createDataInput } = await import(${JSON.stringify(new URL('byte-data-input.ts', root).href)})
      const type = row({ name: string(), age: int().nullable() })
      const output = createDataOutput()
      type.serializer.write({ name: 'Ada', age: null }, output)
      let forbidden = false
      try { new Function('') } catch { forbidden = true }
      console.log(JSON.stringify({ forbidden, bytes: [...output.view()], back: type.serializer.read(createDataInput(output.view())) }))`
    const printed = execFileSync(process.execPath, ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program], {
      encoding: 'utf8',
    })
    const type = types.row({ name: types.string(), age: types.int().nullable() })
    expect(JSON.parse(printed)).toEqual({ forbidden: true, bytes: [...encode(type, { name: 'Ada', age: null })], back: { name: 'Ada', age: null } })
  })
})

function typeOf(codec: RowCodec<unknown>): TypeInformation<never> {
  return { ...types.generic<never>(), serializer: { id: 'row', version: 1, write: codec.write, read: codec.read as () => never } }
}
