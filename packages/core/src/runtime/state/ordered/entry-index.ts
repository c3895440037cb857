import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { groupIndex, KeyNamespaceMap } from '../heap/key-namespace-map.ts'
import { userKeySlot } from '../user-key-slot.ts'
import type { CacheEntry } from './cache-entry.ts'
import { EntrySlots } from './entry-slots.ts'

/** Finds the cached entries of one table. */
export interface EntryIndex {
  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): CacheEntry | undefined
  /** One that is not in here. Throws STATE_WRONG_KEY_GROUP. */
  set(entry: CacheEntry): void
  /** One that is. */
  delete(entry: CacheEntry): void
  /** Those of a key, in all its namespaces. */
  ofKey(keyGroup: number, key: StateKey): Iterable<CacheEntry>
  /** Those of a key and namespace. */
  of(keyGroup: number, key: StateKey, namespace: Namespace): Iterable<CacheEntry>
}

/** One entry per (key, namespace). */
export function valueIndex(range: KeyGroupRange): EntryIndex {
  const plain: (EntrySlots | undefined)[] = Array.from({ length: Math.max(0, range.end - range.start + 1) }, () => undefined)
  const named = new KeyNamespaceMap<CacheEntry>(range)
  const index: EntryIndex = {
    get: (keyGroup, key, namespace) => (namespace === null ? plain[keyGroup - range.start]?.get(key) : named.get(keyGroup, key, namespace)),
    set(entry) {
      const { keyGroup, key, namespace } = entry
      const group = groupIndex(range, keyGroup)
      if (namespace === null) (plain[group] ??= new EntrySlots()).add(entry)
      else named.set(keyGroup, key, namespace, entry)
    },
    delete(entry) {
      const { keyGroup, key, namespace } = entry
      if (namespace === null) plain[keyGroup - range.start]?.delete(entry)
      else named.delete(keyGroup, key, namespace)
    },
    *ofKey(keyGroup, key) {
      yield* index.of(keyGroup, key, null)
      for (const namespace of named.namespacesOf(keyGroup, key)) yield* index.of(keyGroup, key, namespace)
    },
    *of(keyGroup, key, namespace) {
      const entry = index.get(keyGroup, key, namespace, undefined)
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
