import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolReader } from '../../../src/client/protocol/protocol-reader.ts'
import { ProtocolWriter } from '../../../src/client/protocol/protocol-writer.ts'

test('everything is read as it was written', () => {
  const value = fc.record({
    flag: fc.boolean(),
    small: fc.integer({ min: -32768, max: 32767 }),
    medium: fc.integer(),
    large: fc.maxSafeInteger(),
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    unsigned: fc.nat(2 ** 31 - 1),
    text: fc.oneof(fc.string(), fc.constant('ä€😀')),
    nothing: fc.option(fc.string({ maxLength: 5 })),
    bytes: fc.uint8Array({ maxLength: 60 }),
    many: fc.uint8Array({ minLength: 4000, maxLength: 5000 }),
    list: fc.array(fc.string()),
  })
  fc.assert(
    fc.property(value, (written) => {
      const writer = new ProtocolWriter(4)
      writer.boolean(written.flag)
      writer.int16(written.small)
      writer.int32(written.medium)
      writer.int64(written.large)
      writer.bigint64(written.id)
      writer.unsignedVarint(written.unsigned)
      writer.string(written.text)
      writer.nullableString(written.nothing)
      writer.compactString(written.text)
      writer.bytes32(written.bytes)
      writer.bytes32(written.many)
      writer.array(written.list, (item) => writer.string(item))
      writer.compactArray(written.list, (item) => writer.compactString(item))
      const reader = new ProtocolReader(Buffer.concat(writer.parts))
      const { flag, small, medium, large, id, unsigned, text, nothing, bytes, many, list } = written
      expect([reader.boolean(), reader.int16(), reader.int32(), reader.int64(), reader.bigint64(), reader.unsignedVarint()]).toEqual([flag, small, medium, large, id, unsigned])
      const utf8 = Buffer.from(text).toString()
      expect([reader.string(), reader.nullableString(), reader.compactString()]).toEqual([utf8, nothing, utf8])
      expect([reader.bytes32(), reader.bytes32()].map((read) => new Uint8Array(read))).toEqual([bytes, many])
      expect([reader.array(() => reader.string()), reader.compactArray(() => reader.compactString())]).toEqual([list, list])
    }),
    { numRuns: 100 },
  )
})

test('an answer that ends too early is refused', () => {
  for (const read of [(reader: ProtocolReader) => reader.int64(), (reader: ProtocolReader) => reader.string(), (reader: ProtocolReader) => reader.array(() => reader.int32())]) {
    expect(() => read(new ProtocolReader(Buffer.from([0, 9, 0, 9])))).toThrow(expect.objectContaining({ code: 'KAFKA_PROTOCOL' }))
  }
})

test('unknown tagged fields are skipped', () => {
  const reader = new ProtocolReader(Buffer.from([2, 0, 1, 99, 5, 2, 99, 99, 7]))
  reader.tags()
  expect(reader.int8()).toBe(7)
})
