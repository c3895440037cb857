import type { KafkaHeader } from '../client/record-cursor.ts'

/**
 * What is going to be written for one value. The same object for every value of a sink: before each call `timestamp` is the
 * event time, and all else is empty.
 */
export interface OutgoingRecord {
  /** Must be set. */
  topic: string
  /** -1: the sink's partitioner decides. */
  partition: number
  key: Uint8Array | null
  /** Null is a tombstone: in a compacted topic it deletes the key. */
  value: Uint8Array | null
  headers: readonly KafkaHeader[]
  /** Epoch milliseconds; null when the value has no event time: the time of writing is used. */
  timestamp: number | null
}

/** Makes records of values. Configuration only. */
export interface KafkaSerializationSchema<in T> {
  readonly name: string
  /** Called once per subtask and attempt. */
  open(): KafkaRecordSerializer<T>
}

export interface KafkaRecordSerializer<in T> {
  /** Fills in the record. The bytes it gives are the sink's from then on. An error of origin `user` obeys `.onError(policy)`. */
  serialize(value: T, record: OutgoingRecord): void
  /** As `MessageSerializer.prepare`: called once, before the first record, and awaited. */
  prepare?(): Promise<void>
}
