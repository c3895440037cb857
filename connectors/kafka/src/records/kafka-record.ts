import type { KafkaHeader } from '../client/record-cursor.ts'

/**
 * A record as it was read. It is only lent: the object and the memory behind its bytes are used again after the call, so copy
 * (`slice`) what you keep.
 */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds; -1 for records older than Kafka 0.10. */
  readonly timestamp: number
  /** Set by the producer (`create`) or by the broker on arrival (`logAppend`). */
  readonly timestampType: 'create' | 'logAppend'
  readonly key: Uint8Array | null
  /** Null in a tombstone. */
  readonly value: Uint8Array | null
  /** Decoded at each call; order is kept, names may repeat. */
  headers(): readonly KafkaHeader[]
}
