/** Encodes single messages. */
export interface SerializationSchema<in T> {
  readonly name: string
  /** Called once per subtask and attempt. */
  open(): MessageSerializer<T>
}

export interface MessageSerializer<in T> {
  /** Fresh bytes that the caller may keep. */
  serialize(value: T): Uint8Array
}
