import type { Sink } from './sink.ts'

/** A record that could not be decoded or processed, with all that is needed to find and replay it. */
export interface BadRecord {
  /** The bytes as they were read; of a record on which a function failed, the record as JSON. Null when there are none. */
  readonly raw: Uint8Array | null
  /** File path, topic, or name of the operator whose function threw. */
  readonly source: string
  readonly partition: string | null
  /** Byte offset, row number or message offset of the record. */
  readonly offset: number | null
  readonly line: number | null
  readonly field: string | null
  readonly code: string
  readonly reason: string
}

/**
 * What to do with a bad record. `fail` (default) ends the job with the record's place in the message; `skip` counts and
 * logs it; `deadLetter` sends it to a sink that takes part in checkpoints like any other.
 * `maxErrorRatio` (0…1) fails the job when more than that share of the last 10 000 records was bad, after the first 100.
 */
export type BadRecordPolicy =
  | 'fail'
  | 'skip'
  | { readonly skip: true; readonly maxErrorRatio?: number }
  | { readonly deadLetter: Sink<BadRecord>; readonly maxErrorRatio?: number }
