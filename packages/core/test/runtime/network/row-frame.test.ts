import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRowFrameCodec, type RowFrameCodec } from '../../../src/runtime/network/row-frame.ts'
import type { RecordBatch } from '../../../src/runtime/network/stream-element.ts'
import { createDataInput } from '../../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../../src/types/byte-data-output.ts'
import * as types from '../../../src/types/types.ts'

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

  test('records without a time of their own take no bytes for it', () => {
    const codec = createRowFrameCodec(types.int())
    const same = written(codec, batch([1, 2, 3], [7, 7, 7]))
    const different = written(codec, batch([1, 2, 3], [7, 8, 7]))
    expect(different.length - same.length).toBe(16)
  })

  test('a record that does not fit the type names the field, before anything is sent', () => {
    const codec = createRowFrameCodec(ORDER)
    const row = { id: 1, name: null, price: 1, tags: [] }
    expect(() => written(codec, batch([row, { ...row, price: 'x' }], [0, 0]))).toThrow(expect.objectContaining({ code: 'CORE_TYPE_MISMATCH', message: expect.stringContaining('price') as string }))
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
    expect(() => roundTrip(typed, generic, sent)).toThrow(/expected a frame of rows in format 2, found format 1/)
    expect(() => roundTrip(typed, createRowFrameCodec(types.int()), sent)).toThrow(/expected a frame of 1 rows and nothing after them/)
  })

  test('rows of another number of bytes are an error', () => {
    const codec = createRowFrameCodec(types.int())
    const bytes = written(codec, batch([1, 2, 3], [0, 0, 0]))
    expect(() => codec.read(bytes, bytes.length - 1, createDataInput())).toThrow(expect.objectContaining({ code: 'CORE_DATA_TRUNCATED' }))
    const longer = Uint8Array.from([...bytes, 0])
    expect(() => codec.read(longer, longer.length, createDataInput())).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
  })
})
