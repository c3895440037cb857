import type { Compression } from '../record-producer.ts'
import type { KafkaHeader } from '../record-cursor.ts'
import * as layout from './batch-layout.ts'
import { compress, compressionCode } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { writeInt64 } from './int64.ts'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from './varint.ts'

/** Who writes a batch; `undefined` fields of a batch that is not idempotent are −1. */
export interface BatchProducer {
  readonly producerId: bigint
  readonly epoch: number
  /** Of the first record: counted per partition and epoch. */
  readonly baseSequence: number
  readonly transactional: boolean
}

export const NO_PRODUCER: BatchProducer = { producerId: -1n, epoch: -1, baseSequence: -1, transactional: false }

const INITIAL_BYTES = 4096

/** Encodes records one after the other into one record batch. Can be used again after `reset`. */
export class RecordBatchBuilder {
  count = 0
  /** With the header. */
  byteLength: number = layout.RECORDS
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #baseTimestamp = 0
  #maxTimestamp = 0

  append(timestamp: number, key: Uint8Array | null, value: Uint8Array | null, headers: readonly KafkaHeader[]): void {
    if (this.count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    const timestampDelta = timestamp - this.#baseTimestamp
    const size = 1 + varlongBytes(timestampDelta) + varintBytes(this.count) + bytesSize(key) + bytesSize(value) + headersSize(headers)
    const start = this.byteLength
    this.#reserve(start + varintBytes(size) + size)
    const buffer = this.#buffer
    let at = writeVarint(buffer, size, start)
    buffer[at++] = 0
    at = writeVarlong(buffer, timestampDelta, at)
    at = writeVarint(buffer, this.count, at)
    at = writeBytes(buffer, key, at)
    at = writeBytes(buffer, value, at)
    at = writeVarint(buffer, headers.length, at)
    for (const [name, content] of headers) {
      at = writeVarint(buffer, Buffer.byteLength(name), at)
      at += buffer.write(name, at)
      at = writeBytes(buffer, content, at)
    }
    this.byteLength = at
    this.count++
  }

  /** The whole batch. Without compression it shares the memory of this builder, which must then be left alone until `reset`. */
  finish(compression: Compression, { producerId, epoch, baseSequence, transactional }: BatchProducer): Buffer {
    let batch = this.#buffer.subarray(0, this.byteLength)
    if (compression !== 'none') batch = Buffer.concat([batch.subarray(0, layout.RECORDS), compress(compression, batch.subarray(layout.RECORDS))])
    writeInt64(batch, 0, layout.BASE_OFFSET)
    batch.writeInt32BE(batch.length - layout.LENGTH_OVERHEAD, layout.BATCH_LENGTH)
    batch.writeInt32BE(-1, layout.LEADER_EPOCH)
    batch.writeInt8(layout.CURRENT_MAGIC, layout.MAGIC)
    batch.writeInt16BE(compressionCode(compression) | (transactional ? layout.TRANSACTIONAL : 0), layout.ATTRIBUTES)
    batch.writeInt32BE(this.count - 1, layout.LAST_OFFSET_DELTA)
    writeInt64(batch, this.#baseTimestamp, layout.BASE_TIMESTAMP)
    writeInt64(batch, this.#maxTimestamp, layout.MAX_TIMESTAMP)
    batch.writeBigInt64BE(producerId, layout.PRODUCER_ID)
    batch.writeInt16BE(epoch, layout.PRODUCER_EPOCH)
    batch.writeInt32BE(baseSequence, layout.BASE_SEQUENCE)
    batch.writeInt32BE(this.count, layout.RECORD_COUNT)
    batch.writeUInt32BE(crc32c(batch, layout.ATTRIBUTES, batch.length), layout.CRC)
    return batch
  }

  reset(): void {
    this.count = 0
    this.byteLength = layout.RECORDS
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.byteLength)
    this.#buffer = larger
  }
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintBytes(bytes.length) + bytes.length
}

function headersSize(headers: readonly KafkaHeader[]): number {
  let size = varintBytes(headers.length)
  for (const [name, content] of headers) {
    const nameBytes = Buffer.byteLength(name)
    size += varintBytes(nameBytes) + nameBytes + bytesSize(content)
  }
  return size
}

/** Null is the length −1. */
function writeBytes(buffer: Buffer, bytes: Uint8Array | null, at: number): number {
  if (bytes === null) return writeVarint(buffer, -1, at)
  const start = writeVarint(buffer, bytes.length, at)
  buffer.set(bytes, start)
  return start + bytes.length
}
