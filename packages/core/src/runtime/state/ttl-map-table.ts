import type { Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import type { MapStateTable } from '../../spi/state-table.ts'
import { isExpired, Stamped } from './state-ttl.ts'
import type { TtlPolicy } from './state-ttl.ts'
import { TtlSweep } from './ttl-sweep.ts'

/** A map table whose entries expire one by one. */
export class TtlMapTable<UK, UV> implements MapStateTable<UK, UV> {
  readonly #table: MapStateTable<UK, Stamped<UV>>
  readonly #ttl: TtlPolicy
  readonly #sweep: TtlSweep

  constructor(table: MapStateTable<UK, Stamped<UV>>, ttl: TtlPolicy) {
    this.#table = table
    this.#ttl = ttl
    this.#sweep = new TtlSweep(ttl, () => entriesOf(table))
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): UV | undefined {
    return this.#read(keyGroup, key, namespace, userKey, this.#table.get(keyGroup, key, namespace, userKey))?.value
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK, value: UV): void {
    const nowMs = this.#ttl.now()
    this.#sweep.step(nowMs)
    this.#table.put(keyGroup, key, namespace, userKey, new Stamped(value, nowMs))
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    const cell = this.#table.get(keyGroup, key, namespace, userKey)
    return this.#table.remove(keyGroup, key, namespace, userKey) && cell !== undefined && !isExpired(cell.stampMs, this.#ttl, this.#ttl.now())
  }

  has(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    return this.#read(keyGroup, key, namespace, userKey, this.#table.get(keyGroup, key, namespace, userKey)) !== undefined
  }

  isEmpty(keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    for (const _entry of this.entries(keyGroup, key, namespace)) return false
    return true
  }

  *entries(keyGroup: number, key: StateKey, namespace: Namespace): Generator<readonly [UK, UV]> {
    for (const [userKey, cell] of this.#table.entries(keyGroup, key, namespace)) {
      const live = this.#read(keyGroup, key, namespace, userKey, cell)
      if (live !== undefined) yield [userKey, live.value]
    }
  }

  clear(keyGroup: number, key: StateKey, namespace: Namespace): void {
    this.#table.clear(keyGroup, key, namespace)
  }

  keys(namespace: Namespace): Iterable<readonly [keyGroup: number, key: StateKey]> {
    return this.#table.keys(namespace)
  }

  #read(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK, cell: Stamped<UV> | undefined): Stamped<UV> | undefined {
    if (cell === undefined) return undefined
    const nowMs = this.#ttl.now()
    if (isExpired(cell.stampMs, this.#ttl, nowMs)) {
      this.#table.remove(keyGroup, key, namespace, userKey)
      return undefined
    }
    // map tables change no value in place: a new stamp is a new cell
    if (this.#ttl.refreshOnRead && cell.stampMs !== nowMs) this.#table.put(keyGroup, key, namespace, userKey, new Stamped(cell.value, nowMs))
    return cell
  }
}

function* entriesOf<UK, UV>(table: MapStateTable<UK, Stamped<UV>>): Generator<{ readonly stampMs: number; remove(): void }> {
  for (const [keyGroup, key] of table.keys(null)) {
    for (const [userKey, { stampMs }] of table.entries(keyGroup, key, null)) {
      yield { stampMs, remove: () => table.remove(keyGroup, key, null, userKey) }
    }
  }
}
