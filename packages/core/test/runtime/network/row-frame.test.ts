import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createRowFrameCodec, type RowFrameCodec } from '../../../src/runtime/network/row-frame.ts'
import type { RecordBatch } from '../../../src/runtime/network/stream-element.ts'
import { createDataInput } from '../../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../../src/types/byte-data-output.ts'
import * as types from '../../../src/types/types.ts'
import { typedRows } from '../../types/arbitrary-type.ts'
import { roundTrip as serialized } from '../../types/round-trip.ts'

const ORDER = types.row({ id: types.long(), name: types.string().nullable(), price: types.double(), tags: types.list(types.string()) })
const order = fc.record({ id: fc.maxSafeInteger(), name: fc.option(fc.string()), price: fc.double(), tags: fc.array(fc.string(), { maxLength: 3 }) }, { noNullPrototype: true })
// the generic codec reads −0 as 0
const plainOrder = order.map((row) => ({ ...row, price: row.price + 0 }))
const plainNumber = fc.double().map((number) => number + 0)
const timestamp = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(Number.MIN_SAFE_INTEGER, 0.5, 1_700_000_000_000))

function batch(values: unknown[], timestamps: number[]): RecordBatch {
  return { kind: 'records', values, timestamps, bytes: 1 }
}

function written(codec: RowFrameCodec, sent: RecordBatch): Uint8Array {
  const output = createDataOutput()
  codec.write(sent, output)
  return output.bytes()
}

const roundTrip = (writer: RowFrameCodec, reader: RowFrameCodec, sent: RecordBatch): RecordBatch => {
  const bytes = written(writer, sent)
  return reader.read(bytes, bytes.length, createDataInput())
}

afterEach(() => vi.unstubAllGlobals())

describe('row frames', () => {
  test.each([
    ['of a schema', ORDER, order],
    ['of one column', types.string(), fc.string()],
    ['without a schema', undefined, fc.oneof(plainOrder, fc.string(), plainNumber, fc.constant(null), fc.array(plainOrder, { maxLength: 2 }))],
    ['of a generic schema', types.generic(), plainOrder],
  ] as const)('rows %s come back with their timestamps', (_name, type, arbitrary) => {
    const [writer, reader] = [createRowFrameCodec(type), createRowFrameCodec(type)]
    const rows = fc.array(fc.tuple(arbitrary as fc.Arbitrary<unknown>, timestamp), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(rows, fc.boolean(), (all, sameTime) => {
        const sent = batch(all.map(([value]) => value), all.map(([, time]) => (sameTime ? 5 : time)))
        const bytes = written(writer, sent)
        expect(roundTrip(writer, reader, sent)).toEqual({ ...sent, bytes: bytes.length })
      }),
      { numRuns: 100 },
    )
  })

  test('a batch for several channels is encoded once', () => {
    const codec = createRowFrameCodec(types.string())
    const [first, second] = ['a', 'b'].map((text): RecordBatch => ({ ...batch([text], [1]), isShared: true })) as [RecordBatch, RecordBatch]
    const bytes = written(codec, first)
    const output = createDataOutput()
    output.writeInt32(7)
    // would be refused if it were looked at again
    first.values[0] = 1
    codec.write(first, output)
    expect(output.bytes().subarray(4)).toEqual(bytes)
    expect(written(codec, second)).not.toEqual(bytes)
    expect(() => written(codec, first)).toThrow()
  })

  test('rows of any type come back as from their serializer, batch after batch', () => {
    const batches = typedRows.chain(({ type, values }) => fc.tuple(fc.constant(type), fc.array(fc.array(values, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })))
    fc.assert(
      fc.property(batches, ([type, all]) => {
        const [writer, reader] = [createRowFrameCodec(type), createRowFrameCodec(type)]
        for (const values of all) {
          const back = roundTrip(writer, reader, batch(values, values.map(() => 0)))
          expect(back.values).toEqual(values.map((value) => serialized(type, value)))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('rows come back where code generation is forbidden', () => {
    vi.stubGlobal('Function', () => {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    const type = types.row({ id: types.long(), name: types.string().nullable() })
    const [writer, reader] = [createRowFrameCodec(type), createRowFrameCodec(type)]
    const values = [{ id: 1, name: null }, { id: -5, name: 'é' }]
    for (let index = 0; index < 2; index++) expect(roundTrip(writer, reader, batch(values, [1, 2])).values).toEqual(values)
    expect(written(writer, batch(values, [1, 2]))[0]).toBe(1)
  })

  test('columns keep what is at the edges of their types', () => {
    const type = types.row({ flag: types.boolean().nullable(), small: types.int().nullable(), large: types.long(), at: types.timestamp(), ratio: types.double().nullable(), text: types.string() })
    const codec = createRowFrameCodec(type)
    const long = Number.MAX_SAFE_INTEGER
    const texts = ['', 'a', 'x'.repeat(12), 'x'.repeat(13), 'x'.repeat(20), 'x'.repeat(21), 'x'.repeat(254), 'x'.repeat(255), 'é'.repeat(254), '漢字', '\ud83d', '\ude00', 'y'.repeat(5000)]
    const rows = texts.map((text, index) => ({ flag: [true, false, null][index % 3], small: [null, -(2 ** 31), 2 ** 31 - 1, 0][index % 4], large: [long, -long, 0, 2 ** 31][index % 4], at: index * 7e14, ratio: [null, Number.NaN, -0, 1e-300][index % 4], text }))
    for (const values of [rows, rows.slice(0, 7), rows.slice(7), Array.from({ length: 3000 }, (_, index) => rows[index % 7])]) {
      const back = roundTrip(codec, codec, batch(values, values.map(() => 0)))
      // a lone surrogate has no UTF-8
      expect(back.values).toEqual(values.map((row) => ({ ...row, text: row?.text.toWellFormed() })))
    }
  })

  test('integers near each other and short strings take little room', () => {
    const type = types.row({ id: types.long(), key: types.string(), at: types.timestamp() })
    const values = Array.from({ length: 1000 }, (_, index) => ({ id: 5e15 + index, key: `user-${index % 10}`, at: 1_700_000_000_000 + index * 1000 }))
    const bytes = written(createRowFrameCodec(type), batch(values, values.map(({ at }) => at)))
    expect(bytes.length / values.length).toBeLessThan(4 + 4 + 4 + 1 + 6 + 0.1)
  })

  test('records without a time of their own take no bytes for it', () => {
    const codec = createRowFrameCodec(types.int())
    const sizes = [[7, 7, 7], [7, 8, 7], [7, 8.5, 7]].map((timestamps) => written(codec, batch([1, 2, 3], timestamps)).length)
    expect(sizes.map((size) => size - (sizes[0] as number))).toEqual([0, 13, 17])
  })

  test('a record that does not fit the type names the field, before anything is sent', () => {
    const codec = createRowFrameCodec(ORDER)
    const row = { id: 1, name: null, price: 1, tags: [] }
    expect(() => written(codec, batch([row, { ...row, price: 'x' }], [0, 0]))).toThrow(expect.objectContaining({ code: 'CORE_TYPE_MISMATCH', message: expect.stringContaining('price') as string }))
  })

  test('a time outside of what dates can hold is refused, as everywhere', () => {
    expect(() => written(createRowFrameCodec(types.row({ at: types.timestamp() })), batch([{ at: 8.65e15 }], [0]))).toThrow(expect.objectContaining({ code: 'CORE_TYPE_MISMATCH' }))
  })

  test('a record that is none of a row is named', () => {
    expect(() => written(createRowFrameCodec(types.row({ a: types.int() })), batch([{ a: 1 }, 'x'], [0, 0]))).toThrow(expect.objectContaining({ code: 'CORE_TYPE_MISMATCH', message: expect.stringContaining('the string "x"') as string }))
  })

  test('rows of hundreds of shapes may share a frame', () => {
    const values = Array.from({ length: 1000 }, (_, index) => ({ [`field${index % 300}`]: index, nested: new Map([[{ [`key${index % 77}`]: null }, new Date(index)]]) }))
    expect(roundTrip(createRowFrameCodec(undefined), createRowFrameCodec(undefined), batch(values, values.map(() => 0))).values).toEqual(values)
  })

  test('what the generic codec would lose is refused', () => {
    class Money {
      readonly amount = 1
    }
    expect(() => written(createRowFrameCodec(undefined), batch([new Money()], [0]))).toThrow(expect.objectContaining({ code: 'CORE_UNSERIALIZABLE' }))
  })

  test('two ends of different types are an error', () => {
    const [typed, generic] = [createRowFrameCodec(ORDER), createRowFrameCodec(undefined)]
    const sent = batch([{ id: 1, name: null, price: 1, tags: [] }], [0])
    expect(() => roundTrip(typed, generic, sent)).toThrow(/expected a frame of rows in format 2, found format 3/)
    expect(() => roundTrip(typed, createRowFrameCodec(types.int()), sent)).toThrow(/expected a frame of rows in format 1, found format 3/)
    for (const other of [types.row({ id: types.long() }), types.row({ name: types.string(), more: types.string() })]) {
      expect(() => roundTrip(typed, createRowFrameCodec(other), sent)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^CORE_DATA_/) as string }))
    }
  })

  test('rows of another number of bytes are an error', () => {
    const codec = createRowFrameCodec(types.int())
    const bytes = written(codec, batch([1, 2, 3], [0, 0, 0]))
    expect(() => codec.read(bytes, bytes.length - 1, createDataInput())).toThrow(expect.objectContaining({ code: 'CORE_DATA_TRUNCATED' }))
    const longer = Uint8Array.from([...bytes, 0])
    expect(() => codec.read(longer, longer.length, createDataInput())).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
  })
})
