/** `value` may be null. Keys may repeat, and order matters. */
export type KafkaHeader = readonly [key: string, value: Uint8Array | null]

/**
 * Walks over fetched records. One object is moved from record to record: read what you need before the next `next()`.
 * Bytes are views of the fetched (or decompressed) buffer, which lives as long as a view of it does.
 */
export interface RecordCursor {
  /** Moves to the next record; false at the end. Throws MillraceError `KAFKA_CORRUPT_BATCH` for bytes that are no records. */
  next(): boolean
  /** Back before the first record: a deserializer that has to fetch schemas looks at all records of a batch before it decodes them. */
  rewind(): void
  readonly offset: number
  /** Epoch milliseconds, −1 if the record has none. */
  readonly timestamp: number
  /** Set by the producer (`create`) or by the broker on arrival (`logAppend`). */
  readonly timestampType: 'create' | 'logAppend'
  readonly key: Uint8Array | null
  /** Null is a tombstone. */
  readonly value: Uint8Array | null
  /** Of the batch; −1 if unknown. */
  readonly leaderEpoch: number
  /** Decoded when called. */
  headers(): readonly KafkaHeader[]
}
