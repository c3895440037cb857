/**
 * An error that the broker answered about one topic, partition, group or transaction. Plain data: a request has many
 * of them, most are retried, and only who cannot go on makes a MillraceError of one (`kafkaError`).
 */
export interface KafkaFailure {
  /** The protocol's error code. */
  readonly code: number
  /** The protocol's name of it, such as `OFFSET_OUT_OF_RANGE`; `UNKNOWN_ERROR_<code>` for a code this client does not know. */
  readonly name: string
  /** Trying again, perhaps after a look at fresh metadata, can succeed. */
  readonly retryable: boolean
}
