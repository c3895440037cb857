import type { AnyType } from '../types/type-information.ts'
import type { BadRecord } from './bad-record.ts'
import type { ReadableBytes } from './readable-bytes.ts'

/** One file as a format sees it. */
export interface FormatInput {
  /** For messages only. */
  readonly path: string
  /** Random access; absent when the file is compressed as a whole. */
  readonly bytes?: ReadableBytes
  /** The file's (decompressed) bytes in order from `offset`, in chunks of any size. A chunk belongs to the receiver. */
  chunks(offset: number): AsyncIterable<Uint8Array>
}

/** A part of a file that can be read on its own: [start, end) in the format's own units (bytes; row numbers for Parquet). */
export interface FormatRange {
  readonly start: number
  readonly end: number
}

/** A bad record and how many good records of the batch come before it. */
export interface PlacedBadRecord {
  readonly index: number
  readonly record: BadRecord
}

/**
 * Consecutive records. `position` is where the first of them starts, in the format's own units; reading again from there
 * gives the same records in the same order, so a resume point is (position, how many to skip), good and bad counted alike.
 */
export interface RecordBatch<out T> {
  readonly position: number
  readonly values: readonly T[]
  /** Ordered by index. Usually empty: share one frozen array. */
  readonly bad: readonly PlacedBadRecord[]
}

export interface OpenFormatOptions {
  /** What to read. Absent: all of it. */
  readonly range?: FormatRange
  /** A `position` of an earlier batch of the same range to start from. */
  readonly position?: number
  readonly signal: AbortSignal
}

/** Reads files of records. Configuration only; `open` is called per split. */
export interface FileReaderFormat<out T> {
  readonly name: string
  readonly type?: AnyType
  /** Whether a file may be wrapped in gzip, zstd … as a whole. False for formats that compress inside or need random access. */
  readonly wholeFileCompression: boolean
  /**
   * Cuts a file into ranges that together give every record exactly once, each about `targetBytes`.
   * Planning reads as little as it can. Absent: one range per file. Not called for compressed files.
   */
  planRanges?(input: FormatInput, options: { readonly targetBytes: number; readonly signal: AbortSignal }): Promise<readonly FormatRange[]>
  open(input: FormatInput, options: OpenFormatOptions): FileRecordReader<T>
}

export interface FileRecordReader<out T> {
  /** The next records, at most about a thousand; undefined at the end. Rejects for damage after which nothing can be read. */
  readBatch(): Promise<RecordBatch<T> | undefined>
  close(): void | Promise<void>
}
