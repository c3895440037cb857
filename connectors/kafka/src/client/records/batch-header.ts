import { MillraceError } from '@millrace/core/spi'
import * as layout from './batch-layout.ts'
import { readInt64 } from './int64.ts'

/** What a batch says of itself; records are read later. */
export interface BatchHeader {
  /** In the buffer, of the whole batch. */
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  /** Of the last record it was written with: compaction may have removed it, and all others. */
  readonly lastOffset: number
}

/**
 * The batch that begins at `start`; undefined if it is cut off, as the last of an answer may be.
 * Throws `KAFKA_CORRUPT_BATCH` for what is no batch.
 */
export function batchHeaderAt(bytes: Buffer, start: number): BatchHeader | undefined {
  if (start + layout.LENGTH_OVERHEAD > bytes.length) return undefined
  const end = start + layout.LENGTH_OVERHEAD + bytes.readInt32BE(start + layout.BATCH_LENGTH)
  if (end < start + layout.MAGIC + 1) throw corruptBatch(`a length of ${end - start} bytes`)
  if (end > bytes.length) return undefined
  const magic = bytes.readInt8(start + layout.MAGIC)
  if (magic !== layout.CURRENT_MAGIC) {
    throw corruptBatch(`format version ${magic}; versions before 2 were written before Kafka 0.11 and brokers from 4.0 convert them`)
  }
  if (end < start + layout.RECORDS) throw corruptBatch(`a length of ${end - start} bytes`)
  const baseOffset = readInt64(bytes, start + layout.BASE_OFFSET)
  return { start, end, baseOffset, lastOffset: baseOffset + bytes.readInt32BE(start + layout.LAST_OFFSET_DELTA) }
}

export function corruptBatch(found: string): MillraceError {
  return new MillraceError('KAFKA_CORRUPT_BATCH', `Expected a record batch of format version 2, found ${found}.`, { origin: 'external' })
}
