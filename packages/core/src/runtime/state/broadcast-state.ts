import type { BroadcastState } from '../../functions/process-function.ts'
import type { TypeInformation } from '../../types/type-information.ts'
import { userKeySlot } from './user-key-slot.ts'

/** A broadcast state in memory: one map per subtask, in order of insertion. */
export class HeapBroadcastState<K, V> implements BroadcastState<K, V> {
  readonly #keyType: TypeInformation<K>
  readonly #entries = new Map<unknown, readonly [K, V]>()

  constructor(keyType: TypeInformation<K>) {
    this.#keyType = keyType
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): Readonly<V> | undefined {
    return this.#entries.get(userKeySlot(key, this.#keyType.serializer))?.[1]
  }

  has(key: K): boolean {
    return this.#entries.has(userKeySlot(key, this.#keyType.serializer))
  }

  put(key: K, value: V): void {
    this.#entries.set(userKeySlot(key, this.#keyType.serializer), [key, value])
  }

  remove(key: K): void {
    this.#entries.delete(userKeySlot(key, this.#keyType.serializer))
  }

  entries(): Iterable<readonly [K, V]> {
    return this.#entries.values()
  }
}
