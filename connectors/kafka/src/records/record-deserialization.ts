import type { AnyType, MetricGroup, Output } from '@millrace/core/spi'
import type { KafkaRecord } from './kafka-record.ts'

/** Makes values of whole records, with key, headers, timestamp, partition and offset in reach. Configuration only. */
export interface KafkaDeserializationSchema<out T> {
  readonly name: string
  readonly type?: AnyType
  /** Called once per subtask and attempt. */
  open(context: { readonly metrics: MetricGroup }): KafkaRecordDeserializer<T>
}

export interface KafkaRecordDeserializer<out T> {
  /**
   * Emits none, one or several values. A value collected without a timestamp gets the record's. What it throws makes the record a
   * bad record, unless it is a MillraceError of origin `engine` or a retryable one.
   */
  deserialize(record: KafkaRecord, output: Output<T>): void
  /** As `MessageDeserializer.prepare`: called once per batch before its first record, and awaited. The records are lent one after the other. */
  prepare?(records: Iterable<KafkaRecord>): Promise<void> | undefined
}
