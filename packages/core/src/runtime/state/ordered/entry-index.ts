import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { KeyNamespaceMap } from '../heap/key-namespace-map.ts'
import { userKeySlot } from '../user-key-slot.ts'
import type { CacheEntry } from './cache-entry.ts'

/** Finds the cached entries of one table. */
export interface EntryIndex {
  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): CacheEntry | undefined
  /** Throws STATE_WRONG_KEY_GROUP. */
  set(entry: CacheEntry): void
  delete(entry: CacheEntry): void
  /** Those of a key, in all its namespaces. */
  ofKey(keyGroup: number, key: StateKey): Iterable<CacheEntry>
  /** Those of a key and namespace. */
  of(keyGroup: number, key: StateKey, namespace: Namespace): Iterable<CacheEntry>
}

/** One entry per (key, namespace). */
export function valueIndex(range: KeyGroupRange): EntryIndex {
  const entries = new KeyNamespaceMap<CacheEntry>(range)
  const index: EntryIndex = {
    get: (keyGroup, key, namespace) => entries.get(keyGroup, key, namespace),
    set: (entry) => entries.set(entry.keyGroup, entry.key, entry.namespace, entry),
    delete: ({ keyGroup, key, namespace }) => entries.delete(keyGroup, key, namespace),
    *ofKey(keyGroup, key) {
      for (const namespace of entries.namespacesOf(keyGroup, key)) yield* index.of(keyGroup, key, namespace)
    },
    *of(keyGroup, key, namespace) {
      const entry = entries.get(keyGroup, key, namespace)
      if (entry !== undefined) yield entry
    },
  }
  return index
}

/** One entry per (key, namespace, user key). */
export function userKeyIndex(range: KeyGroupRange, serializer: AnyType['serializer']): EntryIndex {
  const maps = new KeyNamespaceMap<Map<unknown, CacheEntry>>(range)
  const index: EntryIndex = {
    get: (keyGroup, key, namespace, userKey) => maps.get(keyGroup, key, namespace)?.get(userKeySlot(userKey, serializer)),
    set(entry) {
      const { keyGroup, key, namespace } = entry
      let map = maps.get(keyGroup, key, namespace)
      if (map === undefined) {
        map = new Map()
        maps.set(keyGroup, key, namespace, map)
      }
      map.set(userKeySlot(entry.userKey, serializer), entry)
    },
    delete({ keyGroup, key, namespace, userKey }) {
      const map = maps.get(keyGroup, key, namespace)
      if (map?.delete(userKeySlot(userKey, serializer)) === true && map.size === 0) maps.delete(keyGroup, key, namespace)
    },
    *ofKey(keyGroup, key) {
      for (const namespace of maps.namespacesOf(keyGroup, key)) yield* index.of(keyGroup, key, namespace)
    },
    of: (keyGroup, key, namespace) => maps.get(keyGroup, key, namespace)?.values() ?? [],
  }
  return index
}
