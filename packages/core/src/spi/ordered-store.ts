/** One change of a batch. The store may keep both arrays: they never change. */
export interface StoreWrite {
  /** Like the value a part of a buffer that the whole batch shares; both are the store's to keep, which keeps that buffer. */
  readonly key: Uint8Array
  /** Undefined removes the key, which need not be there. */
  readonly value: Uint8Array | undefined
  /** The store holds this key already, for all the engine knows. A hint for stores with an index of their own. */
  readonly replaces: boolean
}

export type StoreEntry = readonly [key: Uint8Array, value: Uint8Array]

/** A consistent view of a store, read while writes go on. */
export interface OrderedStoreSnapshot {
  /** As OrderedStore.get. Default: the first of a scan. */
  get?(key: Uint8Array): Uint8Array | undefined
  /** As OrderedStore.scan. */
  scan(from: Uint8Array, to: Uint8Array): Iterable<StoreEntry>
  /** As scan, but on another thread: the engine holds one open per large state. Default: those are scanned too, which takes the task's time. */
  iterate?(from: Uint8Array, to: Uint8Array): StoreIterator
  /** Its iterators are closed before. */
  close(): void
}

/** Reads a range on another thread. */
export interface StoreIterator {
  /** The next entries: at most `limit`, fewer if they are large, none only at the end. Never called while a read is under way, or after close. */
  next(limit: number): Promise<readonly StoreEntry[]>
  /** Called once; a read that is under way may then reject. */
  close(): void
}

/**
 * A map from bytes to bytes, ordered by unsigned bytes: what `orderedStoreBackend` needs to keep keyed state in. Called from
 * one thread. Nothing needs to survive the process: state is restored from checkpoints into an empty store.
 */
export interface OrderedStore {
  /** `key` is valid during the call only; what is returned must not change later. */
  get(key: Uint8Array): Uint8Array | undefined
  /**
   * All or nothing. With a promise the writes may become visible at any time until it resolves: the engine answers from
   * memory until then, and fails the task at its next access when the promise rejects. Several may be under way and are
   * applied in the order of the calls.
   */
  write(batch: readonly StoreWrite[]): void | Promise<void>
  /**
   * Entries with from ≤ key < to, ascending. The engine takes a page and closes the iterator: it never holds one open over
   * another call, nor is one open when another is asked for.
   */
  scan(from: Uint8Array, to: Uint8Array): Iterable<StoreEntry>
  /**
   * What the store holds now, O(1) or nearly so; of writes under way it may hold any. Default: the engine reads an entry
   * before it first overwrites it during a snapshot.
   */
  snapshot?(): OrderedStoreSnapshot
  /** Called once, after the last write has been settled. */
  close(): void | Promise<void>
}
