/** Encodes single messages. */
export interface SerializationSchema<in T> {
  readonly name: string
  /** Called once per subtask and attempt. */
  open(): MessageSerializer<T>
}

export interface MessageSerializer<in T> {
  /** Fresh bytes that the caller may keep. */
  serialize(value: T): Uint8Array
  /** Does what must be done once before the first `serialize`, such as registering a schema; the connector waits. Default: nothing. */
  prepare?(): Promise<void>
}
