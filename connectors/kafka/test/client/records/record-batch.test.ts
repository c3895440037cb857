import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KafkaHeader } from '../../../src/client/record-cursor.ts'
import type { Compression } from '../../../src/client/record-producer.ts'
import * as layout from '../../../src/client/records/batch-layout.ts'
import { batchBytes, cursorOver, plain, readValues, sealed, type PlainRecord } from './batches.ts'
import { scanBatches } from '../../../src/client/records/scan-batches.ts'

const bytes = fc.uint8Array({ maxLength: 150 })
const nullable = fc.option(bytes)
const record: fc.Arbitrary<PlainRecord> = fc.record({
  timestamp: fc.oneof(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 })),
  key: nullable,
  value: nullable,
  headers: fc.array(fc.tuple(fc.string(), nullable), { maxLength: 3 }) as fc.Arbitrary<readonly KafkaHeader[]>,
})
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

describe('a record batch', () => {
  test('is read as it was written, compressed or not', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), fc.constantFrom(...COMPRESSIONS), fc.nat(2 ** 40), (records, compression, baseOffset) => {
        const cursor = cursorOver(batchBytes({ baseOffset, records, compression }), { startOffset: baseOffset })
        const read: PlainRecord[] = []
        while (cursor.next()) {
          expect(cursor.offset).toBe(baseOffset + read.length)
          const { timestamp, key, value } = cursor
          read.push({ timestamp, key: copied(key), value: copied(value), headers: cursor.headers().map(([name, content]) => [name, copied(content)]) })
        }
        expect(read).toEqual(records)
      }),
      { numRuns: 200 },
    )
  })

  test('has the bytes that Kafka documents', () => {
    const batch = batchBytes({ baseOffset: 0, records: [{ timestamp: 1000, key: Buffer.from('k'), value: Buffer.from('vv'), headers: [['h', null]] }] })
    // length 12, attributes, timestamp delta 0, offset delta 0, key 1, value 2, one header: name 1, null
    expect([...batch.subarray(layout.RECORDS)]).toEqual([24, 0, 0, 0, 2, 107, 4, 118, 118, 2, 2, 104, 1])
    expect(batch.readInt8(layout.MAGIC)).toBe(2)
    expect(batch.readInt32BE(layout.BATCH_LENGTH)).toBe(batch.length - 12)
  })

  test('begins in its middle when reading begins there', () => {
    const batch = batchBytes({ baseOffset: 10, records: ['a', 'b', 'c'].map((value) => plain(value)) })
    expect(readValues(batch, { startOffset: 12 })).toEqual(['12:c'])
    expect(readValues(batch, { startOffset: 13 })).toEqual([])
  })

  test('takes the time of the broker where the topic says so', () => {
    const batch = batchBytes({
      baseOffset: 0,
      records: [
        { ...plain('a'), timestamp: 5 },
        { ...plain('b'), timestamp: 7 },
      ],
      attributes: layout.LOG_APPEND_TIME,
    })
    const cursor = cursorOver(batch)
    const read: unknown[] = []
    while (cursor.next()) read.push([cursor.timestamp, cursor.timestampType])
    expect(read).toEqual([
      [7, 'logAppend'],
      [7, 'logAppend'],
    ])
  })

  test('of 200 000 records is read to its end', () => {
    const records = Array.from({ length: 200_000 }, (_, index) => plain(String(index)))
    expect(readValues(batchBytes({ baseOffset: 0, records, compression: 'zstd' }))).toHaveLength(200_000)
  })

  test('that compaction emptied is passed over, and moves the position', () => {
    const full = batchBytes({ baseOffset: 0, records: [plain('gone'), plain('gone too')] })
    const empty = Buffer.from(full.subarray(0, layout.RECORDS))
    empty.writeInt32BE(layout.RECORDS - layout.LENGTH_OVERHEAD, layout.BATCH_LENGTH)
    empty.writeInt32BE(0, layout.RECORD_COUNT)
    const fetched = Buffer.concat([sealed(empty), batchBytes({ baseOffset: 2, records: [plain('next')] })])
    expect(readValues(fetched)).toEqual(['2:next'])
    expect(scanBatches(sealed(empty)).at(-1)?.lastOffset).toBe(1)
  })

  test('that was cut off at the end of an answer is left for the next one', () => {
    const [first, second] = [batchBytes({ baseOffset: 0, records: [plain('a')] }), batchBytes({ baseOffset: 1, records: [plain('b')] })]
    for (const cut of [1, 12, 20, second.length - 1]) expect(readValues(Buffer.concat([first, second.subarray(0, cut)]))).toEqual(['0:a'])
  })

  test('can be read again', () => {
    const cursor = cursorOver(batchBytes({ baseOffset: 0, records: [plain('a'), plain('b')], compression: 'lz4' }))
    while (cursor.next());
    cursor.rewind()
    expect(cursor.next()).toBe(true)
    expect(cursor.offset).toBe(0)
  })

  test.for([
    ['a flipped bit', (batch: Buffer) => (batch[layout.RECORDS + 5] = (batch[layout.RECORDS + 5] ?? 0) ^ 1)],
    ['an old format version', (batch: Buffer) => batch.writeInt8(1, layout.MAGIC)],
    ['a negative length', (batch: Buffer) => batch.writeInt32BE(-5, layout.BATCH_LENGTH)],
    ['a record that is longer than the batch', (batch: Buffer) => sealed(batch.fill(0x7e, layout.RECORDS, layout.RECORDS + 1))],
    ['an unknown compression', (batch: Buffer) => (batch.writeInt16BE(6, layout.ATTRIBUTES), sealed(batch))],
    ['gzip that is none', (batch: Buffer) => (batch.writeInt16BE(1, layout.ATTRIBUTES), sealed(batch))],
  ] as const)('with %s is refused', ([, damage]) => {
    const batch = batchBytes({ baseOffset: 0, records: [plain('value')] })
    damage(batch)
    expect(() => readValues(batch)).toThrow(expect.objectContaining({ code: 'KAFKA_CORRUPT_BATCH' }))
  })
})

function copied(view: Uint8Array | null): Uint8Array | null {
  return view === null ? null : new Uint8Array(view)
}
