import { types } from '@millrace/core'
import type { MessageDeserializer, MetricGroup } from '@millrace/core/spi'
import { describe, expect, test } from 'vitest'
import type { KafkaRecord } from '../../src/records/kafka-record.ts'
import { deadLetterRecords } from '../../src/records/dead-letter-records.ts'
import { keyAndValue } from '../../src/records/key-and-value.ts'
import { mapRecord } from '../../src/records/map-record.ts'
import type { KafkaDeserializationSchema } from '../../src/records/record-deserialization.ts'
import type { KafkaSerializationSchema, OutgoingRecord } from '../../src/records/record-serialization.ts'
import { raw, text } from '../../src/records/simple-formats.ts'
import { toRecords } from '../../src/records/to-records.ts'
import { valueOnly } from '../../src/records/value-only.ts'

const counters = new Map<string, { value: number }>()
const metrics: MetricGroup = {
  counter(name) {
    const counter = counters.get(name) ?? { value: 0 }
    counters.set(name, counter)
    return counter
  },
  gauge: () => undefined,
  group: () => metrics,
}

const bytes = (content: string): Uint8Array => Buffer.from(content)
const record = (parts: Partial<KafkaRecord> = {}): KafkaRecord => ({
  ...{ topic: 't', partition: 2, offset: 7, timestamp: 1000, timestampType: 'create', key: bytes('k'), value: bytes('v') },
  headers: () => [['trace', bytes('1')], ['empty', null]],
  ...parts,
})

function read<T>(schema: KafkaDeserializationSchema<T>, ...records: readonly KafkaRecord[]): readonly T[] {
  const found: T[] = []
  const deserializer = schema.open({ metrics })
  for (const one of records) deserializer.deserialize(one, { collect: (value) => found.push(value) })
  return found
}

function write<T>(schema: KafkaSerializationSchema<T>, value: T): OutgoingRecord {
  const outgoing: OutgoingRecord = { topic: '', partition: -1, key: null, value: null, headers: [], timestamp: 5 }
  schema.open().serialize(value, outgoing)
  return outgoing
}

describe('reading', () => {
  test('values alone; a format or its deserialization schema', () => {
    expect(read(valueOnly(text()), record())).toEqual(['v'])
    expect(read(valueOnly(text().deserialization), record())).toEqual(['v'])
    expect(valueOnly(text())).toMatchObject({ name: 'text', type: { schema: { kind: 'string' } } })
  })

  test('raw bytes are copied, since the batch they lie in is used again', () => {
    const lent = Buffer.from('abc')
    const [copy] = read(valueOnly(raw()), record({ value: lent }))
    lent.fill(0)
    expect(copy).toEqual(new Uint8Array([97, 98, 99]))
  })

  test('text must be UTF-8; a byte order mark belongs to it', () => {
    expect(read(valueOnly(text()), record({ value: bytes('\uFEFFé') }))).toEqual(['\uFEFFé'])
    expect(() => read(valueOnly(text()), record({ value: new Uint8Array([0xff]) }))).toThrow(expect.objectContaining({ code: 'KAFKA_NOT_TEXT', origin: 'external' }))
  })

  test('a tombstone is no value: a bad record, or skipped and counted', () => {
    expect(() => read(valueOnly(text()), record({ value: null }))).toThrow(expect.objectContaining({ code: 'KAFKA_TOMBSTONE' }))
    expect(read(valueOnly(text(), { tombstones: 'skip' }), record({ value: null }), record())).toEqual(['v'])
    expect(counters.get('numTombstonesSkipped')).toEqual({ value: 1 })
  })

  test('whole records as rows with a type', () => {
    const schema = keyAndValue(text(), raw())
    const headers = [{ name: 'trace', value: new Uint8Array([49]) }, { name: 'empty', value: null }]
    const common = { topic: 't', partition: 2, offset: 7, timestamp: 1000, headers }
    expect(read(schema, record(), record({ key: null, value: null }))).toEqual([{ ...common, key: 'k', value: new Uint8Array([118]) }, { ...common, key: null, value: null }])
    expect(schema.type?.schema).toMatchObject({ kind: 'row' })
    expect(keyAndValue({ name: 'own', open: () => text().deserialization.open() }, raw()).type).toBeUndefined()
  })

  test('whole records with a function, which may pass over some', () => {
    const schema = mapRecord(({ partition, offset, key }) => (key === null ? undefined : `${partition}/${offset}`), types.string())
    expect(read(schema, record({ key: null }), record())).toEqual(['2/7'])
    expect(schema.type?.schema).toEqual({ kind: 'string' })
  })

  test('what a format must fetch first is fetched for the values, and for keys where there are some', async () => {
    const seen: string[] = []
    const fetching = (label: string): MessageDeserializer<string> => ({
      ...text().deserialization.open(),
      prepare: async (messages) => void seen.push(...Array.from(messages, (message) => `${label} ${Buffer.from(message).toString()}`)),
    })
    const records = [record(), record({ key: null, value: bytes('w') }), record({ value: null })]
    await valueOnly({ name: 'x', open: () => fetching('value') }).open({ metrics }).prepare?.(records)
    await keyAndValue({ name: 'x', open: () => fetching('key') }, text()).open({ metrics }).prepare?.(records)
    expect(seen).toEqual(['value v', 'value w', 'key k', 'key k'])
    expect(valueOnly(text()).open({ metrics }).prepare).toBeUndefined()
    expect(keyAndValue(text(), text()).open({ metrics }).prepare).toBeUndefined()
  })
})

describe('writing', () => {
  interface Count {
    readonly name: string
    readonly count: number
  }
  const count: Count = { name: 'a', count: 3 }
  const countFormat = { serialization: { name: 'count', open: () => ({ serialize: (value: Count) => bytes(`${value.name}=${value.count}`) }) } }

  test('the value, a topic, and the event time by default', () => {
    expect(write(toRecords({ topic: 'out', format: countFormat }), count)).toEqual({ topic: 'out', partition: -1, key: null, value: bytes('a=3'), headers: [], timestamp: 5 })
  })

  test('topic, key, headers, timestamp and partition of each record', () => {
    const schema = toRecords<Count>({
      topic: ({ name }) => `out-${name}`,
      format: countFormat,
      key: ({ name }) => name,
      headers: ({ name }) => [['h', name], ['h', null], ['b', new Uint8Array([1])]],
      timestamp: () => 77,
      partition: ({ count: n }) => n,
    })
    expect(write(schema, count)).toEqual({ topic: 'out-a', partition: 3, key: bytes('a'), value: bytes('a=3'), headers: [['h', bytes('a')], ['h', null], ['b', new Uint8Array([1])]], timestamp: 77 })
  })

  test('keys by a format, and tombstones', () => {
    const schema = toRecords({ topic: 'out', format: countFormat, key: ({ count: n }: Count) => n, keyFormat: { name: 'n', open: () => ({ serialize: (n: number) => bytes(`#${n}`) }) }, tombstone: ({ count: n }) => n === 0 })
    expect(write(schema, count)).toMatchObject({ key: bytes('#3'), value: bytes('a=3') })
    expect(write(schema, { name: 'a', count: 0 })).toMatchObject({ key: bytes('#0'), value: null })
  })

  test('a key that is neither text nor bytes is the fault of the job', () => {
    const schema = toRecords<Count, string>({ topic: 'out', format: countFormat, key: () => 5 as never })
    expect(() => write(schema, count)).toThrow(expect.objectContaining({ code: 'KAFKA_SERIALIZE', origin: 'user' }))
  })

  test('both formats are prepared', async () => {
    const prepared: string[] = []
    const preparing = (name: string): { readonly name: string; open(): { serialize: () => Uint8Array; prepare: () => Promise<void> } } => ({
      name,
      open: () => ({ serialize: () => bytes(''), prepare: async () => void prepared.push(name) }),
    })
    await toRecords({ topic: 'out', format: preparing('value'), key: () => '', keyFormat: preparing('key') }).open().prepare?.()
    expect(prepared).toEqual(['key', 'value'])
  })

  test('dead letters keep their bytes, and say in headers where they came from', () => {
    const letter = { raw: bytes('{'), source: 'in', partition: '4', offset: 9, line: null, field: null, code: 'JSON_SYNTAX', reason: 'Expected a value' }
    const { headers, ...rest } = write(deadLetterRecords('dead'), letter)
    expect(rest).toEqual({ topic: 'dead', partition: -1, key: null, value: bytes('{'), timestamp: 5 })
    expect(headers.map(([name, value]) => [name, Buffer.from(value ?? '').toString()])).toEqual([
      ['millrace.source', 'in'],
      ['millrace.partition', '4'],
      ['millrace.offset', '9'],
      ['millrace.code', 'JSON_SYNTAX'],
      ['millrace.reason', 'Expected a value'],
    ])
  })
})
