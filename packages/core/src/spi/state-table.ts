import type { Namespace, StateKey } from './keyed-state-backend.ts'

/**
 * Values by (key group, key, namespace). A value handed out by `get` must be treated as read-only; the engine changes one
 * in place only between `getForUpdate` and the next call, which is what keeps snapshots consistent.
 */
export interface StateTable<V> {
  get(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined
  /** Like `get`, and the caller may now change the value in place: the pre-image is safe and the entry is marked dirty. */
  getForUpdate(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined
  put(keyGroup: number, key: StateKey, namespace: Namespace, value: V): void
  remove(keyGroup: number, key: StateKey, namespace: Namespace): void
  /**
   * All entries of one namespace, removing each as it is passed: how a window fires. Resumable between calls of `next`;
   * abandoning it half-way leaves the rest in place.
   */
  drain(namespace: Namespace): NamespaceCursor<V>
  /** Namespaces that have entries, unordered. For layout `namespace`; others may walk everything. */
  namespaces(): Iterable<Namespace>
  /** Entries of one namespace without removing them. While iterating only entries already passed may be written or removed. */
  scan(namespace: Namespace): Iterable<readonly [keyGroup: number, key: StateKey, value: V]>
  /** Namespaces of one key that have an entry, unordered. For layout `key` (sessions). */
  namespacesOf(keyGroup: number, key: StateKey): Iterable<Namespace>
}

/** `next()` moves to an entry, whose parts are then fields; false at the end. No object per entry. */
export interface NamespaceCursor<V> {
  next(): boolean
  readonly keyGroup: number
  readonly key: StateKey
  readonly value: V
}

/** Entries by (key group, key, namespace, user key). Each is stamped and written on its own. */
export interface MapStateTable<UK, UV> {
  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): UV | undefined
  put(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK, value: UV): void
  /** True if there was one. */
  remove(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean
  has(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean
  isEmpty(keyGroup: number, key: StateKey, namespace: Namespace): boolean
  /** Insertion order for the heap, key order for ordered stores; entries may be removed while iterating. */
  entries(keyGroup: number, key: StateKey, namespace: Namespace): Iterable<readonly [UK, UV]>
  clear(keyGroup: number, key: StateKey, namespace: Namespace): void
  /** Keys that have an entry in a namespace, unordered. Entries of keys already passed may be removed while iterating. */
  keys(namespace: Namespace): Iterable<readonly [keyGroup: number, key: StateKey]>
}
