import type { KafkaHeader, RecordCursor } from '../client/record-cursor.ts'
import type { FetchedPartition } from '../client/partition-reader.ts'
import type { KafkaRecord } from '../records/kafka-record.ts'

/** The record that a cursor stands at. One object for all records of a reader. */
export class CurrentRecord implements KafkaRecord {
  topic = ''
  partition = 0
  #cursor!: RecordCursor

  /** Before anything else is asked. */
  standAt({ topic, partition, records }: FetchedPartition): void {
    this.topic = topic
    this.partition = partition
    this.#cursor = records
  }

  get offset(): number {
    return this.#cursor.offset
  }

  get timestamp(): number {
    return this.#cursor.timestamp
  }

  get timestampType(): 'create' | 'logAppend' {
    return this.#cursor.timestampType
  }

  get key(): Uint8Array | null {
    return this.#cursor.key
  }

  get value(): Uint8Array | null {
    return this.#cursor.value
  }

  headers(): readonly KafkaHeader[] {
    return this.#cursor.headers()
  }
}
