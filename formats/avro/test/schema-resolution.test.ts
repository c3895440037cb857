import avsc from 'avsc'
import { describe, expect, test } from 'vitest'
import { parseSchema } from '../src/avro-type.ts'
import type { AvroSchema } from '../src/index.ts'
import { ByteTap } from '../src/byte-tap.ts'
import { DecoderCompiler } from '../src/compile-decoder.ts'
import { naturalType } from '../src/from-avro-schema.ts'

/** `value`, written by avsc with one schema, read with another. */
function resolve(writer: AvroSchema, value: unknown, reader: AvroSchema): unknown {
  const bytes = avsc.Type.forSchema(writer as never, { wrapUnions: false }).toBuffer(value)
  const own = parseSchema(reader, 'reader').type
  const decode = new DecoderCompiler('reject').compile(parseSchema(writer, 'writer').type, own, naturalType(own), '')
  const tap = new ByteTap()
  tap.open(bytes, 0, bytes.length)
  const result = decode(tap)
  tap.checkEnd()
  expect(tap.at).toBe(bytes.length)
  return tap.failure === undefined ? result : new Error(tap.failure.reason)
}

const record = (fields: readonly unknown[], more: object = {}): AvroSchema => ({ type: 'record', name: 'R', fields, ...more })
const enumOf = (symbols: readonly string[], more: object = {}): AvroSchema => ({ type: 'enum', name: 'E', symbols, ...more })

describe('resolves', () => {
  test.each<[string, AvroSchema, unknown, AvroSchema, unknown]>([
    ['int to long', 'int', 7, 'long', 7],
    ['int to float', 'int', 7, 'float', 7],
    ['int to double', 'int', -7, 'double', -7],
    ['long to float', 'long', 7, 'float', 7],
    ['long to double', 'long', 2 ** 40, 'double', 2 ** 40],
    ['float to double', 'float', 0.5, 'double', 0.5],
    ['string to bytes', 'string', 'é', 'bytes', new Uint8Array(Buffer.from('é'))],
    ['bytes to string', 'bytes', Buffer.from('é'), 'string', 'é'],
    ['a field removed', record([{ name: 'a', type: 'int' }, { name: 'b', type: { type: 'array', items: 'string' } }]), { a: 1, b: ['x'] }, record([{ name: 'a', type: 'int' }]), { a: 1 }],
    ['a field added with a default', record([{ name: 'a', type: 'int' }]), { a: 1 }, record([{ name: 'b', type: ['null', 'int'], default: null }, { name: 'c', type: { type: 'array', items: 'int' }, default: [1, 2] }, { name: 'a', type: 'int' }]), { b: null, c: [1, 2], a: 1 }],
    ['a record as default', record([]), {}, record([{ name: 'r', type: { type: 'record', name: 'S', fields: [{ name: 'x', type: 'int', default: 3 }, { name: 'y', type: 'string' }] }, default: { y: 'é' } }]), { r: { x: 3, y: 'é' } }],
    ['fields in another order', record([{ name: 'a', type: 'int' }, { name: 'b', type: 'string' }]), { a: 1, b: 'x' }, record([{ name: 'b', type: 'string' }, { name: 'a', type: 'long' }]), { b: 'x', a: 1 }],
    ['a field by its alias', record([{ name: 'old', type: 'int' }]), { old: 5 }, record([{ name: 'new', type: 'int', aliases: ['old'] }]), { new: 5 }],
    ['a record by its alias', record([{ name: 'a', type: 'int' }], { name: 'Old' }), { a: 5 }, record([{ name: 'a', type: 'int' }], { aliases: ['Old'] }), { a: 5 }],
    ['a record in another namespace', record([{ name: 'a', type: 'int' }], { namespace: 'x.y' }), { a: 5 }, record([{ name: 'a', type: 'int' }], { namespace: 'z' }), { a: 5 }],
    ['enum symbols in another order', enumOf(['A', 'B']), 'B', enumOf(['B', 'C', 'A']), 'B'],
    ['an unknown enum symbol to the default', enumOf(['A', 'B']), 'B', enumOf(['A', 'Z'], { default: 'Z' }), 'Z'],
    ['items of arrays and maps', { type: 'map', values: { type: 'array', items: 'int' } }, { k: [1, 2] }, { type: 'map', values: { type: 'array', items: 'double' } }, new Map([['k', [1, 2]]])],
    ['a union to one of its branches', ['null', 'int'], 7, 'int', 7],
    ['a union to a promoted branch', ['null', 'int'], 7, 'double', 7],
    ['no union to a union', 'int', 7, ['null', 'int'], 7],
    ['no union to a union by promotion', 'int', 7, ['null', 'string', 'double'], 7],
    ['a union to a wider union', ['null', 'int'], null, ['string', 'int', 'null'], null],
    ['a union to one in another order', ['int', 'string'], 'x', ['string', 'int'], 'x'],
    ['null to a union', 'null', null, ['null', 'int'], null],
    ['a fixed of the same size', { type: 'fixed', name: 'F', size: 2 }, Buffer.from([1, 2]), { type: 'fixed', name: 'F', size: 2 }, Uint8Array.of(1, 2)],
    ['an int to a date that the writer did not declare', 'int', 3, { type: 'int', logicalType: 'date' }, 3],
  ])('%s', (_name, writer, value, reader, expected) => expect(resolve(writer, value, reader)).toEqual(expected))
})

describe('fails only for the value', () => {
  test.each<[string, AvroSchema, unknown, AvroSchema, RegExp]>([
    ['null in a union read as int', ['null', 'int'], null, 'int', /null/],
    ['a branch that the reader lacks', ['int', 'string'], 'x', ['int', 'boolean'], /none of the branches/],
    ['an unknown symbol without a default', enumOf(['A', 'B']), 'B', enumOf(['A']), /expected one of A, found "B"/],
  ])('%s', (_name, writer, value, reader, reason) => expect((resolve(writer, value, reader) as Error).message).toMatch(reason))
})

describe('refuses', () => {
  test.each<[string, AvroSchema, unknown, AvroSchema]>([
    ['long to int', 'long', 7, 'int'],
    ['double to float', 'double', 1, 'float'],
    ['string to int', 'string', 'x', 'int'],
    ['a new field without a default', record([]), {}, record([{ name: 'a', type: 'int' }])],
    ['a record of another name', record([], { name: 'Other' }), {}, record([])],
    ['a fixed of another size', { type: 'fixed', name: 'F', size: 2 }, Buffer.from([1, 2]), { type: 'fixed', name: 'F', size: 3 }],
    ['an enum of another name', enumOf(['A']), 'A', enumOf(['A'], { name: 'Other' })],
    ['an array as map', { type: 'array', items: 'int' }, [1], { type: 'map', values: 'int' }],
    ['a union none of whose branches fits', ['null', 'string'], 'x', 'int'],
  ])('%s', (_name, writer, value, reader) => expect(() => resolve(writer, value, reader)).toThrow(expect.objectContaining({ code: 'AVRO_SCHEMA' })))
})

test('times finer than milliseconds are cut off towards the past, or refused if asked, never rounded up', () => {
  const read = (logicalType: string, value: number, subMillis: 'reject' | 'floor'): unknown => {
    const { type } = parseSchema({ type: 'long', logicalType }, 'test')
    const bytes = avsc.Type.forSchema('long').toBuffer(value)
    const tap = new ByteTap()
    tap.open(bytes, 0, bytes.length)
    const result = new DecoderCompiler(subMillis).compile(type, undefined, naturalType(type), 'at')(tap)
    return tap.failure?.reason ?? result
  }
  expect(read('timestamp-micros', -1000, 'reject')).toBe(-1)
  expect(read('timestamp-micros', -1, 'reject')).toContain('drop subMillis')
  expect(read('timestamp-micros', -1, 'floor')).toBe(-1)
  expect(read('timestamp-nanos', 1_999_999, 'floor')).toBe(1)
  expect(read('local-timestamp-nanos', 2_000_000, 'reject')).toBe(2)
  expect(read('time-micros', 1_999, 'floor')).toBe(1)
})
