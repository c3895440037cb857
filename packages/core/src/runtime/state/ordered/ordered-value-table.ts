import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import { writeKey } from '../../../types/canonical-key.ts'
import { fromStateKey } from '../../../types/state-key.ts'
import { writeNamespace } from '../entry-encoding.ts'
import { endOf } from './byte-order.ts'
import type { CacheEntry } from './cache-entry.ts'
import type { CachedTable } from './cached-table.ts'
import { EntryScan } from './entry-scan.ts'

/**
 * A table of one value per (key, namespace). `layout` is how its entries lie in the store: looked for by namespace, those of
 * layout `key` are all visited, and the other way round.
 */
export class OrderedValueTable<V> implements StateTable<V> {
  readonly cached: CachedTable
  readonly #byNamespace: boolean

  constructor(cached: CachedTable, layout: 'key' | 'namespace') {
    this.cached = cached
    this.#byNamespace = layout === 'namespace'
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    return this.cached.entry(keyGroup, key, namespace, undefined).value as V | undefined
  }

  getForUpdate(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    const entry = this.cached.entry(keyGroup, key, namespace, undefined)
    if (entry.value !== undefined) this.cached.cache.touch(entry)
    return entry.value as V | undefined
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, value: V): void {
    this.cached.put(keyGroup, key, namespace, undefined, value)
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace): void {
    this.cached.remove(keyGroup, key, namespace, undefined)
  }

  drain(namespace: Namespace): NamespaceCursor<V> {
    const entries = this.#ofNamespace(namespace)
    const cursor = {
      keyGroup: -1,
      key: '' as StateKey,
      value: undefined as V,
      next: (): boolean => {
        const step = entries.next()
        if (step.done === true) return false
        cursor.keyGroup = step.value.keyGroup
        cursor.key = step.value.key
        cursor.value = step.value.value as V
        this.remove(cursor.keyGroup, cursor.key, namespace)
        return true
      },
    }
    return cursor
  }

  namespaces(): Iterable<Namespace> {
    const found = new Set<Namespace>()
    for (let keyGroup = this.cached.range.start; keyGroup <= this.cached.range.end; keyGroup++) {
      const scan = this.#scan(keyGroup)
      while (scan.next()) {
        found.add(scan.namespace)
        if (this.#byNamespace) scan.skipTo(endOf(this.#namespacePrefix(keyGroup, scan.namespace)))
      }
    }
    return found
  }

  *scan(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey, value: V]> {
    for (const { keyGroup, key, value } of this.#ofNamespace(namespace)) yield [keyGroup, key, value as V]
  }

  namespacesOf(keyGroup: number, key: StateKey): Iterable<Namespace> {
    const { cached } = this
    const found: Namespace[] = []
    if (this.#byNamespace) {
      for (const namespace of this.namespaces()) if (this.get(keyGroup, key, namespace) !== undefined) found.push(namespace)
      return found
    }
    const prefix = cached.prefix(keyGroup, (output) => writeKey(fromStateKey(key), output))
    const scan = new EntryScan(cached, keyGroup, prefix, () => cached.index.ofKey(keyGroup, key))
    while (scan.next()) found.push(scan.namespace)
    return found
  }

  *#ofNamespace(namespace: Namespace): Generator<EntryScan> {
    for (let keyGroup = this.cached.range.start; keyGroup <= this.cached.range.end; keyGroup++) {
      const scan = this.#scan(keyGroup, namespace)
      while (scan.next()) if (scan.namespace === namespace) yield scan
    }
  }

  /** Of a key group, only one namespace if that is given and a range. */
  #scan(keyGroup: number, namespace?: Namespace): EntryScan {
    const { cached } = this
    if (namespace === undefined || !this.#byNamespace) return new EntryScan(cached, keyGroup, cached.prefix(keyGroup), () => cached.dirty(keyGroup))
    return new EntryScan(cached, keyGroup, this.#namespacePrefix(keyGroup, namespace), () => inNamespace(cached.dirty(keyGroup), namespace))
  }

  #namespacePrefix(keyGroup: number, namespace: Namespace): Uint8Array {
    return this.cached.prefix(keyGroup, (output) => writeNamespace(namespace, output))
  }
}

function inNamespace(entries: readonly CacheEntry[], namespace: Namespace): readonly CacheEntry[] {
  return entries.filter((entry) => entry.namespace === namespace)
}
