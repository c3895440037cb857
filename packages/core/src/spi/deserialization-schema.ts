import type { AnyType } from '../types/type-information.ts'
import type { Output } from './output.ts'

/** Decodes single messages (Kafka values, queue payloads). */
export interface DeserializationSchema<out T> {
  readonly name: string
  readonly type?: AnyType
  /** Called once per subtask and attempt; what it returns is not shared. */
  open(): MessageDeserializer<T>
}

export interface MessageDeserializer<out T> {
  /** Emits none, one or several records. Throws MillraceError (origin external) for bytes it cannot decode. `bytes` is only lent. */
  deserialize(bytes: Uint8Array, output: Output<T>): void
  /**
   * Fetches what these messages cannot be deserialized without, such as schemas of a registry; undefined if there is nothing to
   * wait for. The connector calls it once a batch, before `deserialize`, and waits. Rejects when the fetching fails; messages that
   * are bad themselves are left to `deserialize`. Default: nothing is needed.
   */
  prepare?(messages: Iterable<Uint8Array>): Promise<void> | undefined
}
