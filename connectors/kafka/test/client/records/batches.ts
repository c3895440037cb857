import type { Isolation } from '../../../src/client/isolation.ts'
import type { AbortedTransaction } from '../../../src/client/protocol/fetch.ts'
import type { KafkaHeader } from '../../../src/client/record-cursor.ts'
import type { Compression } from '../../../src/client/record-producer.ts'
import * as layout from '../../../src/client/records/batch-layout.ts'
import { crc32c } from '../../../src/client/records/crc32c.ts'
import { FetchedRecords } from '../../../src/client/records/fetched-records.ts'
import { writeInt64 } from '../../../src/client/records/int64.ts'
import { NO_PRODUCER, RecordBatchBuilder } from '../../../src/client/records/record-batch-builder.ts'
import { scanBatches } from '../../../src/client/records/scan-batches.ts'

export interface PlainRecord {
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly KafkaHeader[]
}

export interface WrittenBatch {
  readonly baseOffset: number
  readonly records: readonly PlainRecord[]
  readonly compression?: Compression
  /** Of a transaction. */
  readonly producerId?: bigint
  /** More attributes, such as CONTROL. */
  readonly attributes?: number
}

/** A batch as a broker stores it. */
export function batchBytes({ baseOffset, records, compression = 'none', producerId, attributes = 0 }: WrittenBatch): Buffer {
  const builder = new RecordBatchBuilder()
  for (const { timestamp, key, value, headers } of records) builder.append(timestamp, key, value, headers)
  const batch = Buffer.from(builder.finish(compression, producerId === undefined ? NO_PRODUCER : { producerId, epoch: 0, baseSequence: 0, transactional: true }))
  writeInt64(batch, baseOffset, layout.BASE_OFFSET)
  batch.writeInt16BE(batch.readInt16BE(layout.ATTRIBUTES) | attributes, layout.ATTRIBUTES)
  return sealed(batch)
}

export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, layout.ATTRIBUTES, batch.length), layout.CRC)
  return batch
}

/** The end of a transaction. */
export function markerBytes(baseOffset: number, producerId: bigint, kind: 'commit' | 'abort'): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  return batchBytes({ baseOffset, producerId, attributes: layout.CONTROL, records: [{ timestamp: 0, key, value: Buffer.alloc(6), headers: [] }] })
}

export function plain(value: string, key: Uint8Array | null = null): PlainRecord {
  return { timestamp: 1, key, value: Buffer.from(value), headers: [] }
}

export interface ReadOptions {
  readonly startOffset?: number
  readonly isolation?: Isolation
  readonly aborted?: readonly AbortedTransaction[]
}

export function cursorOver(bytes: Buffer, { startOffset = 0, isolation = 'read_committed', aborted = [] }: ReadOptions = {}): FetchedRecords {
  return new FetchedRecords({ bytes, batches: scanBatches(bytes), startOffset, isolation, aborted })
}

/** `offset:value` of all records. */
export function readValues(bytes: Buffer, options: ReadOptions = {}): readonly string[] {
  const cursor = cursorOver(bytes, options)
  const found: string[] = []
  while (cursor.next()) found.push(`${cursor.offset}:${cursor.value === null ? 'null' : Buffer.from(cursor.value).toString()}`)
  return found
}
