import type { Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import type { StateTable } from '../../spi/state-table.ts'
import { isExpired, Stamped } from './state-ttl.ts'
import type { TtlPolicy } from './state-ttl.ts'
import { TtlSweep } from './ttl-sweep.ts'

/** What value, reducing and aggregating states need of a table. */
export type ValueTable<V> = Pick<StateTable<V>, 'get' | 'getForUpdate' | 'put' | 'remove'>

/** A table whose entries expire: as if they were removed at that moment. */
export class TtlTable<V> implements ValueTable<V> {
  readonly #table: StateTable<Stamped<V>>
  readonly #ttl: TtlPolicy
  readonly #sweep: TtlSweep

  constructor(table: StateTable<Stamped<V>>, ttl: TtlPolicy) {
    this.#table = table
    this.#ttl = ttl
    this.#sweep = new TtlSweep(ttl, () => entriesOf(table))
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    const nowMs = this.#ttl.now()
    const cell = this.#live(keyGroup, key, namespace, nowMs)
    if (cell === undefined) return undefined
    if (this.#ttl.refreshOnRead && cell.stampMs !== nowMs) this.#stamp(keyGroup, key, namespace, nowMs)
    return cell.value
  }

  getForUpdate(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    const nowMs = this.#ttl.now()
    this.#sweep.step(nowMs)
    const cell = this.#live(keyGroup, key, namespace, nowMs)
    if (cell === undefined) return undefined
    this.#stamp(keyGroup, key, namespace, nowMs)
    return cell.value
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, value: V): void {
    const nowMs = this.#ttl.now()
    this.#sweep.step(nowMs)
    this.#table.put(keyGroup, key, namespace, new Stamped(value, nowMs))
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace): void {
    this.#table.remove(keyGroup, key, namespace)
  }

  #live(keyGroup: number, key: StateKey, namespace: Namespace, nowMs: number): Stamped<V> | undefined {
    const cell = this.#table.get(keyGroup, key, namespace)
    if (cell === undefined || !isExpired(cell.stampMs, this.#ttl, nowMs)) return cell
    this.#table.remove(keyGroup, key, namespace)
    return undefined
  }

  #stamp(keyGroup: number, key: StateKey, namespace: Namespace, nowMs: number): void {
    const cell = this.#table.getForUpdate(keyGroup, key, namespace)
    if (cell !== undefined) cell.stampMs = nowMs
  }
}

function* entriesOf<V>(table: StateTable<Stamped<V>>): Generator<{ readonly stampMs: number; remove(): void }> {
  for (const [keyGroup, key, { stampMs }] of table.scan(null)) yield { stampMs, remove: () => table.remove(keyGroup, key, null) }
}
