import type { Isolation } from '../isolation.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import type { KafkaHeader, RecordCursor } from '../record-cursor.ts'
import { abortedTransactions, type AbortedTransactions } from './aborted-transactions.ts'
import { corruptBatch, type BatchHeader } from './batch-header.ts'
import * as layout from './batch-layout.ts'
import { decompress } from './compression.ts'
import { crc32c } from './crc32c.ts'
import { readInt64 } from './int64.ts'

export interface FetchedBytes {
  readonly bytes: Buffer
  readonly batches: readonly BatchHeader[]
  /** Where reading was to begin; batches begin where they were written. */
  readonly startOffset: number
  readonly isolation: Isolation
  readonly aborted: readonly AbortedTransaction[]
}

const ABORT_MARKER = 0

/** Walks over the batches of one answer: checks, decompresses and filters a batch when it gets there, decodes a record at a time. */
export class FetchedRecords implements RecordCursor {
  offset = -1
  timestamp = -1
  timestampType: 'create' | 'logAppend' = 'create'
  leaderEpoch = -1

  readonly #fetched: Buffer
  readonly #batches: readonly BatchHeader[]
  readonly #startOffset: number
  readonly #listedAborted: readonly AbortedTransaction[]
  #aborted: AbortedTransactions | undefined
  #nextBatch = 0

  /** Records of the current batch, decompressed … */
  #bytes: Buffer
  /** … and where in them the next one begins. */
  #at = 0
  #left = 0
  #baseOffset = 0
  #baseTimestamp = 0

  #keyStart = 0
  #keyBytes = -1
  #valueStart = 0
  #valueBytes = -1
  #headersStart = 0

  constructor({ bytes, batches, startOffset, isolation, aborted }: FetchedBytes) {
    this.#fetched = this.#bytes = bytes
    this.#batches = batches
    this.#startOffset = startOffset
    this.#listedAborted = isolation === 'read_committed' ? aborted : []
    this.rewind()
  }

  rewind(): void {
    this.#nextBatch = 0
    this.#left = 0
    this.#aborted = this.#listedAborted.length === 0 ? undefined : abortedTransactions(this.#listedAborted)
  }

  next(): boolean {
    do {
      while (this.#left > 0) {
        this.#readRecord()
        if (this.offset >= this.#startOffset) return true
      }
    } while (this.#openNextBatch())
    return false
  }

  get key(): Uint8Array | null {
    return this.#keyBytes < 0 ? null : this.#bytes.subarray(this.#keyStart, this.#keyStart + this.#keyBytes)
  }

  get value(): Uint8Array | null {
    return this.#valueBytes < 0 ? null : this.#bytes.subarray(this.#valueStart, this.#valueStart + this.#valueBytes)
  }

  headers(): readonly KafkaHeader[] {
    const end = this.#at
    this.#at = this.#headersStart
    const headers: KafkaHeader[] = []
    for (let left = this.#varint(); left > 0; left--) {
      const [nameStart, nameBytes] = this.#skipBytes()
      const [start, length] = this.#skipBytes()
      headers.push([this.#bytes.toString('utf8', nameStart, nameStart + nameBytes), length < 0 ? null : this.#bytes.subarray(start, start + length)])
    }
    this.#at = end
    return headers
  }

  #readRecord(): void {
    this.#left--
    const size = this.#varint()
    const start = this.#at
    const end = start + size
    if (size < 0 || end > this.#bytes.length) throw corruptBatch(`a record of ${size} bytes where ${this.#bytes.length - start} are left`)
    // its attributes have no meaning yet
    this.#at = start + 1
    const timestampDelta = this.#varlong()
    this.offset = this.#baseOffset + this.#varint()
    if (this.timestampType === 'create') this.timestamp = this.#baseTimestamp + timestampDelta
    this.#keyBytes = this.#varint()
    this.#keyStart = this.#at
    if (this.#keyBytes > 0) this.#at += this.#keyBytes
    this.#valueBytes = this.#varint()
    this.#valueStart = this.#at
    if (this.#valueBytes > 0) this.#at += this.#valueBytes
    this.#headersStart = this.#at
    if (this.#at > end) throw corruptBatch(`a record at offset ${this.offset} that is longer than it says`)
    this.#at = end
  }

  /** False after the last batch. Control batches, aborted ones and those before the start are passed over. */
  #openNextBatch(): boolean {
    for (;;) {
      const batch = this.#batches[this.#nextBatch++]
      if (batch === undefined) return false
      const { start, end, baseOffset, lastOffset } = batch
      const bytes = this.#fetched
      if (crc32c(bytes, start + layout.ATTRIBUTES, end) !== bytes.readUInt32BE(start + layout.CRC)) throw corruptBatch(`a batch at offset ${baseOffset} whose CRC does not fit`)
      const attributes = bytes.readInt16BE(start + layout.ATTRIBUTES)
      this.#bytes = bytes.subarray(start + layout.RECORDS, end)
      this.#at = 0
      this.#baseOffset = baseOffset
      this.#left = bytes.readInt32BE(start + layout.RECORD_COUNT)
      if ((attributes & layout.CONTROL) !== 0) {
        if (this.#aborted !== undefined && this.#isAbortMarker()) this.#aborted.ended(bytes.readBigInt64BE(start + layout.PRODUCER_ID), lastOffset)
        this.#left = 0
        continue
      }
      const aborted = this.#aborted?.isAborted(bytes.readBigInt64BE(start + layout.PRODUCER_ID), lastOffset) ?? false
      if (lastOffset < this.#startOffset || (aborted && (attributes & layout.TRANSACTIONAL) !== 0)) {
        this.#left = 0
        continue
      }
      const logAppend = (attributes & layout.LOG_APPEND_TIME) !== 0
      this.timestampType = logAppend ? 'logAppend' : 'create'
      this.timestamp = readInt64(bytes, start + layout.MAX_TIMESTAMP)
      this.#baseTimestamp = readInt64(bytes, start + layout.BASE_TIMESTAMP)
      this.leaderEpoch = bytes.readInt32BE(start + layout.LEADER_EPOCH)
      const compression = attributes & layout.COMPRESSION_MASK
      if (compression !== 0) this.#bytes = decompress(compression, this.#bytes)
      return true
    }
  }

  /** The key of a control record: its version, then its type, two bytes each (KIP-98). Compaction may have removed it. */
  #isAbortMarker(): boolean {
    if (this.#left === 0) return false
    this.#readRecord()
    return this.#keyBytes >= 4 && this.#bytes.readInt16BE(this.#keyStart + 2) === ABORT_MARKER
  }

  /** Where the bytes after a length begin, and how many they are: −1 is null. */
  #skipBytes(): readonly [start: number, length: number] {
    const length = this.#varint()
    const start = this.#at
    if (length > 0) this.#at += length
    return [start, length]
  }

  #varint(): number {
    const bytes = this.#bytes
    let at = this.#at
    let byte = bytes[at++] as number
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw corruptBatch('a number of more than five bytes')
      byte = bytes[at++] as number
      value |= (byte & 0x7f) << shift
    }
    this.#at = at
    return (value >>> 1) ^ -(value & 1)
  }

  #varlong(): number {
    const bytes = this.#bytes
    let at = this.#at
    let byte = bytes[at++] as number
    let value = byte & 0x7f
    for (let factor = 128; byte > 0x7f; factor *= 128) {
      if (factor > 2 ** 63) throw corruptBatch('a number of more than ten bytes')
      byte = bytes[at++] as number
      value += (byte & 0x7f) * factor
    }
    this.#at = at
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}
