import { types } from '@millrace/core'
import type { TypeInformation } from '@millrace/core/spi'
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { avro, avroSchemaOf, typeOfAvroSchema } from '../src/index.ts'
import type { AvroSchema } from '../src/index.ts'
import { input, readAvro, writeAvro } from './read-avro.ts'

interface Case {
  readonly type: TypeInformation<unknown>
  readonly value: fc.Arbitrary<unknown>
}

const of = (type: unknown, value: fc.Arbitrary<unknown>): Case => ({ type: type as TypeInformation<unknown>, value })
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => new Uint8Array(each))
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const decimalText = fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }).map((unscaled) => `${unscaled < 0n ? '-' : ''}${(unscaled < 0n ? -unscaled : unscaled).toString().padStart(5, '0').replace(/(....)$/, '.$1')}`)

const simple: readonly Case[] = [
  of(types.boolean(), fc.boolean()),
  of(types.int(), fc.integer()),
  of(types.long(), fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 63, 64, -64, -65, 2 ** 27, 2 ** 28 - 1, 2 ** 28, 2 ** 30, -(2 ** 30) - 1, 2 ** 31, 2 ** 35, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER))),
  of(types.bigint(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  of(types.float(), fc.float()),
  of(types.double(), fc.double()),
  of(types.string(), text),
  of(types.bytes(), bytes),
  of(types.timestamp(), fc.integer({ min: -8.64e15, max: 8.64e15 })),
  of(types.date(), fc.integer({ min: -1e8, max: 1e8 })),
  of(types.time(), fc.integer({ min: 0, max: 86_399_999 })),
  of(types.decimal(18, 4), decimalText),
  of(types.enumOf('red', 'green'), fc.constantFrom('red', 'green')),
  of(types.enumOf('not a name', '-'), fc.constantFrom('not a name', '-')),
  of(types.json(), fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)),
]

const anyCase: fc.Arbitrary<Case> = fc.letrec<{ any: Case }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    fc.constantFrom(...simple),
    tie('any').map(({ type, value }) => of(type.nullable(), type.schema.kind === 'nullable' || type.schema.kind === 'json' ? value : fc.option(value))),
    tie('any').map(({ type, value }) => of(types.list(type), fc.array(value, { maxLength: 5 }))),
    tie('any').map(({ type, value }) => of(types.map(types.string(), type), fc.array(fc.tuple(text, value), { maxLength: 5 }).map((entries) => new Map(entries)))),
    tie('any').map(({ type, value }) => of(types.map(types.int(), type), fc.array(fc.tuple(fc.integer(), value), { maxLength: 5 }).map((entries) => new Map(entries)))),
    fc.array(tie('any'), { maxLength: 4 }).map((cases) => row(cases)),
  ),
})).any

function row(cases: readonly Case[]): Case {
  return of(types.row(Object.fromEntries(cases.map(({ type }, index) => [`f${index}`, type]))), fc.record(Object.fromEntries(cases.map(({ value }, index) => [`f${index}`, value]))))
}

const table = fc.array(anyCase, { minLength: 1, maxLength: 5 }).chain((cases) => {
  const { type, value } = row(cases)
  return fc.record({ type: fc.constant(type), rows: fc.array(value.map((each) => ({ ...(each as object) })), { maxLength: 12 }) })
})

test('rows of any type are read back as they were written, in files and messages', () =>
  fc.assert(
    fc.asyncProperty(table, fc.constantFrom('null', 'deflate', 'snappy', 'zstandard'), fc.integer({ min: 1, max: 300 }), async ({ type, rows }, codec, size) => {
      const format = avro(type, { codec, blockBytes: size })
      const file = writeAvro(format.fileWriter, rows)
      const { rows: found, bad } = await readAvro(format.fileReader, input(file, size))
      expect(bad).toEqual([])
      expect(found).toEqual(rows)
      const [serializer, deserializer] = [format.serialization.open(), format.deserialization.open()]
      const decoded: unknown[] = []
      for (const each of rows) deserializer.deserialize(serializer.serialize(each), { collect: (value) => decoded.push(value) })
      expect(decoded).toEqual(rows)
    }),
    { numRuns: 150 },
  ))

test('a process that forbids code generation is told so', () => {
  class Forbidden {
    constructor() {
      throw new EvalError('Code generation from strings disallowed for this context')
    }
  }
  vi.stubGlobal('Function', Forbidden)
  try {
    expect(() => avro(types.row({ id: types.long() }))).toThrow(expect.objectContaining({ code: 'AVRO_CODE_GENERATION', origin: 'user' }))
  } finally {
    vi.unstubAllGlobals()
  }
})

const anySchema: fc.Arbitrary<AvroSchema> = fc.letrec<{ any: AvroSchema }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<AvroSchema>('boolean', 'int', 'float', 'double', 'string', 'bytes'),
    tie('any').map((items): AvroSchema => ({ type: 'array', items })),
    tie('any').map((values): AvroSchema => ({ type: 'map', values })),
    fc.array(tie('any'), { maxLength: 4 }).map((fields): AvroSchema => ({ type: 'record', fields: fields.map((type, index) => ({ name: `f${index}`, type })) })),
    fc.subarray<AvroSchema>(['null', 'boolean', 'string', 'bytes', { type: 'array', items: 'double' }], { minLength: 1 }),
  ),
})).any

/** Names in order, as every record needs its own. */
function named(schema: AvroSchema, next = { number: 0 }): AvroSchema {
  if (typeof schema !== 'object') return schema
  if (Array.isArray(schema)) return schema.map((each: AvroSchema) => named(each, next))
  const { type, items, values, fields } = schema as { readonly type: string; readonly items?: AvroSchema; readonly values?: AvroSchema; readonly fields?: readonly { readonly name: string; readonly type: AvroSchema }[] }
  if (type === 'array') return { type, items: named(items ?? 'null', next) }
  if (type === 'map') return { type, values: named(values ?? 'null', next) }
  const name = `R${next.number++}`
  return { type: 'record', name, fields: (fields ?? []).map((field) => ({ name: field.name, type: named(field.type, next) })) }
}

describe('with avsc', () => {
  test('what one writes the other reads, for any schema', () =>
    fc.assert(
      fc.property(anySchema, (unnamed) => {
        const schema = named(unnamed)
        const reference = avsc.Type.forSchema(schema as never, { wrapUnions: false })
        const { serialization, deserialization } = avro(schema)
        const [serializer, deserializer] = [serialization.open(), deserialization.open()]
        for (let run = 0; run < 5; run++) {
          const datum = reference.toBuffer(reference.random())
          const found: unknown[] = []
          deserializer.deserialize(datum, { collect: (value) => found.push(value) })
          // maps come out in the order of their bytes, so the same bytes come back
          expect(Buffer.from(serializer.serialize(found[0] as never))).toEqual(datum)
        }
      }),
      { numRuns: 100 },
    ))
})

describe('schemas and types', () => {
  const Row = types.row({
    id: types.bigint(), at: types.timestamp().nullable(), day: types.date(), time: types.time(), price: types.decimal(9, 2), color: types.enumOf('red'), tags: types.list(types.row({ x: types.int() })), counts: types.map(types.string(), types.long()),
  })

  test('of a type name everything after its fields', () => {
    expect(avroSchemaOf(Row, { name: 'Flight', namespace: 'org.example' })).toEqual({
      type: 'record', name: 'Flight', namespace: 'org.example',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null },
        { name: 'day', type: { type: 'int', logicalType: 'date' } },
        { name: 'time', type: { type: 'int', logicalType: 'time-millis' } },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
        { name: 'color', type: { type: 'enum', name: 'Flight_color', symbols: ['red'] } },
        { name: 'tags', type: { type: 'array', items: { type: 'record', name: 'Flight_tags_item', fields: [{ name: 'x', type: 'int' }] } } },
        { name: 'counts', type: { type: 'map', values: 'long' } },
      ],
    })
  })

  test('and back, but for bigints', () => {
    const { fields } = Row.schema as Extract<typeof Row.schema, { kind: 'row' }>
    expect(typeOfAvroSchema(avroSchemaOf(Row)).schema).toEqual({ kind: 'row', fields: fields.map((field) => (field.name === 'id' ? { name: 'id', type: { kind: 'long' } } : field)) })
    expect(typeOfAvroSchema(['null', 'int', 'string']).schema).toEqual({ kind: 'nullable', of: { kind: 'generic' } })
  })

  test('that Avro has not are refused by name', () => {
    expect(() => avroSchemaOf(types.row({ 'flight-no': types.int() }))).toThrow(expect.objectContaining({ code: 'AVRO_UNSUPPORTED_TYPE', at: { field: 'flight-no' } }))
    expect(() => avroSchemaOf(types.row({ a: types.row({ t: types.tuple(types.int()) }) }))).toThrow(expect.objectContaining({ code: 'AVRO_UNSUPPORTED_TYPE', at: { field: 'a.t' } }))
    expect(() => avro({ type: 'record', name: '1', fields: [] })).toThrow(expect.objectContaining({ code: 'AVRO_SCHEMA' }))
  })

  test('given to write with must have places for all fields, and defaults for the others', () => {
    const Small = types.row({ a: types.int() })
    const schema = (fields: readonly unknown[]): AvroSchema => ({ type: 'record', name: 'R', fields })
    expect(() => avro(Small, { schema: schema([]) })).toThrow(expect.objectContaining({ code: 'AVRO_SCHEMA', at: { field: 'a' } }))
    expect(() => avro(Small, { schema: schema([{ name: 'a', type: 'int' }, { name: 'b', type: 'int' }]) })).toThrow(expect.objectContaining({ code: 'AVRO_SCHEMA', at: { field: 'b' } }))
    const format = avro(Small, { schema: schema([{ name: 'a', type: 'long' }, { name: 'b', type: 'string', default: 'é' }]) })
    expect(Buffer.from(format.serialization.open().serialize({ a: 1 })).toString('hex')).toBe('0204c3a9')
  })

  test('a union of rows keeps its rows apart', async () => {
    const event = types.union(types.row({ kind: types.enumOf('start'), at: types.int() }), types.row({ kind: types.enumOf('stop'), why: types.string() }))
    const Event = types.row({ event, before: event.nullable() })
    const rows = [{ event: { kind: 'stop', why: 'x' }, before: { kind: 'start', at: 3 } }, { event: { kind: 'start', at: 3 }, before: null }] as const
    const { fileReader, fileWriter } = avro(Event)
    expect((await readAvro(fileReader, input(writeAvro(fileWriter, rows)))).rows).toEqual(rows)
  })
})
