import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { MapStateTable } from '../../../spi/state-table.ts'
import { writeKey } from '../../../types/canonical-key.ts'
import { fromStateKey } from '../../../types/state-key.ts'
import { writeNamespace } from '../entry-encoding.ts'
import { endOf } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import { EntryScan } from './entry-scan.ts'

/** A table of map state: an entry in the store for every entry of a map, in the order of their bytes. */
export class OrderedMapTable<UK, UV> implements MapStateTable<UK, UV> {
  readonly cached: CachedTable

  constructor(cached: CachedTable) {
    this.cached = cached
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): UV | undefined {
    return this.cached.entry(keyGroup, key, namespace, userKey).value as UV | undefined
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK, value: UV): void {
    this.cached.put(keyGroup, key, namespace, userKey, value)
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    const entry = this.cached.entry(keyGroup, key, namespace, userKey)
    const found = entry.value !== undefined
    this.cached.clear(entry)
    return found
  }

  has(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    return this.get(keyGroup, key, namespace, userKey) !== undefined
  }

  isEmpty(keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    for (const entry of this.cached.index.of(keyGroup, key, namespace)) if (entry.value !== undefined) return false
    return !this.#scan(keyGroup, key, namespace).next()
  }

  *entries(keyGroup: number, key: StateKey, namespace: Namespace): Generator<readonly [UK, UV]> {
    for (const scan = this.#scan(keyGroup, key, namespace); scan.next(); ) yield [scan.userKey as UK, scan.value as UV]
  }

  clear(keyGroup: number, key: StateKey, namespace: Namespace): void {
    for (const scan = this.#scan(keyGroup, key, namespace); scan.next(); ) this.cached.remove(keyGroup, key, namespace, scan.userKey)
  }

  *keys(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey]> {
    const { cached } = this
    for (let keyGroup = cached.range.start; keyGroup <= cached.range.end; keyGroup++) {
      const scan = new EntryScan(cached, keyGroup, cached.prefix(keyGroup), () => cached.dirty(keyGroup))
      while (scan.next()) {
        if (scan.namespace !== namespace) continue
        const { key } = scan
        scan.skipTo(endOf(this.#prefix(keyGroup, key, namespace)))
        yield [keyGroup, key]
      }
    }
  }

  #scan(keyGroup: number, key: StateKey, namespace: Namespace): EntryScan {
    return new EntryScan(this.cached, keyGroup, this.#prefix(keyGroup, key, namespace), () => this.cached.index.of(keyGroup, key, namespace))
  }

  #prefix(keyGroup: number, key: StateKey, namespace: Namespace): Uint8Array {
    return this.cached.prefix(keyGroup, (output) => {
      writeKey(fromStateKey(key), output)
      writeNamespace(namespace, output)
    })
  }
}
