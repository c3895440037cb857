/** Serializer of small control objects (splits, committables, writer states) that are stored in checkpoints. */
export interface SimpleVersionedSerializer<T> {
  readonly version: number
  serialize(value: T): Uint8Array
  /** `version` is the one the bytes were written with; throw for a version this code does not know. */
  deserialize(version: number, bytes: Uint8Array): T
}
