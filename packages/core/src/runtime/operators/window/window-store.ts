import type { Namespace } from '../../../spi/keyed-state-backend.ts'
import type { StateTable } from '../../../spi/state-table.ts'
import type { KeyContext } from '../key-context.ts'
import type { WindowContents } from './window-contents.ts'

/** The accumulators of a window operator, those of the current key. */
export class WindowStore {
  readonly #table: StateTable<unknown>
  readonly #contents: WindowContents
  readonly #keys: KeyContext

  constructor(table: StateTable<unknown>, contents: WindowContents, keys: KeyContext) {
    this.#table = table
    this.#contents = contents
    this.#keys = keys
  }

  add(namespace: Namespace, value: unknown, timestamp: number): void {
    const { keyGroup, stateKey } = this.#keys
    const accumulator = this.#table.getForUpdate(keyGroup, stateKey, namespace)
    const next = accumulator === undefined ? this.#contents.first(value, timestamp) : this.#contents.add(value, accumulator, timestamp)
    if (next !== accumulator) this.#table.put(keyGroup, stateKey, namespace, next)
  }

  get(namespace: Namespace): unknown {
    return this.#table.get(this.#keys.keyGroup, this.#keys.stateKey, namespace)
  }

  put(namespace: Namespace, accumulator: unknown): void {
    this.#table.put(this.#keys.keyGroup, this.#keys.stateKey, namespace, accumulator)
  }

  remove(namespace: Namespace): void {
    this.#table.remove(this.#keys.keyGroup, this.#keys.stateKey, namespace)
  }

  /** Moves what is under `from` into `into`. Only for mergeable contents. */
  merge(into: Namespace, from: Namespace): void {
    const { keyGroup, stateKey } = this.#keys
    const moved = this.#table.get(keyGroup, stateKey, from)
    if (moved === undefined) return
    const accumulator = this.#table.getForUpdate(keyGroup, stateKey, into)
    this.#table.put(keyGroup, stateKey, into, accumulator === undefined ? this.#contents.copy?.(moved) : this.#contents.merge?.(accumulator, moved))
    this.#table.remove(keyGroup, stateKey, from)
  }
}
