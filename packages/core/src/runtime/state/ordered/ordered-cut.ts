import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { StoreWrite } from '../../../spi/ordered-store.ts'
import { ChangeEpochs } from '../change-epochs.ts'
import { SnapshotBuffers } from '../snapshot-buffers.ts'
import type { CacheEntry } from './cache-entry.ts'
import { CLEAN, STORED } from './cache-entry.ts'
import { byteString } from './byte-order.ts'
import { ChangeLog } from './change-log.ts'
import { NOTHING_NEWER } from './store-page.ts'
import type { NewerEntries } from './store-page.ts'
import { prefixOf } from './write-behind-store.ts'
import type { StoreView, WriteBehindStore } from './write-behind-store.ts'

/** Of a store key at the barrier: its value, undefined if there was none, null if it has been written into the snapshot. */
type Kept = Uint8Array | undefined | null

/**
 * Where the snapshot in progress has drawn its line. The store's view holds what was written before the barrier; an entry
 * that was dirty then is written into the snapshot by whoever changes or writes it first, or else by the walker. Both stamp it,
 * and note its key, for which the view has an old value.
 */
export class OrderedCut {
  readonly epochs: ChangeEpochs
  /** That of `epochs`, here for speed: the stamp of what has changed since the barrier. */
  epoch = 0
  view: StoreView | undefined
  /** The walker is here: nothing needs to be kept for smaller key groups. */
  walking: number
  readonly range: KeyGroupRange
  /** Undefined unless snapshots are asked to hold only changes. */
  readonly changes: ChangeLog | undefined
  /** Written for the snapshot in progress, by the walker or ahead of it. */
  readonly entries: SnapshotBuffers
  /** Why the snapshot in progress cannot be written to its end. */
  failure: unknown
  readonly #store: WriteBehindStore
  /** By table and key group, then by key: what the view is wrong about. Keys as strings, which are a fifth of the memory of arrays. */
  #kept = new Map<number, Map<string, Kept>>()

  /** `changesBytes`: memory to keep track of changes for incremental snapshots; undefined for none. */
  constructor(range: KeyGroupRange, store: WriteBehindStore, changesBytes: number | undefined) {
    this.range = range
    this.walking = range.start
    this.entries = new SnapshotBuffers(range)
    this.#store = store
    this.epochs = new ChangeEpochs(changesBytes !== undefined)
    this.changes = changesBytes === undefined ? undefined : new ChangeLog(changesBytes)
  }

  /** Returns the checkpoint that the snapshot builds on; undefined for a full one. */
  begin(checkpointId: number, since: number | undefined): number | undefined {
    const { epochs, changes } = this
    this.view = this.#store.view()
    if (changes?.overflowed === true) epochs.forget()
    const base = epochs.begin(checkpointId, since)
    changes?.begin(epochs.written, epochs.base)
    this.epoch = epochs.changed
    this.walking = this.range.start
    for (const batch of this.view.unsettled) for (const { key, value } of batch) this.#keep(key, value)
    return base
  }

  end(): void {
    this.view?.close()
    this.view = undefined
    this.entries.clear()
    this.failure = undefined
    this.#kept = new Map()
  }

  /**
   * Writes into the snapshot what the store lacks of an entry: called before it changes for the first time after the barrier, or by
   * the walker. Leaves its stamp. A value that cannot be written fails the snapshot, not who changes it.
   */
  preserve(entry: CacheEntry): void {
    if (this.view === undefined || entry.dirtyAt === CLEAN || entry.keyGroup < this.walking || !this.epochs.needs(entry.epoch)) return
    try {
      this.#save(entry)
    } catch (error) {
      this.failure ??= error
    }
  }

  #save(entry: CacheEntry): void {
    const { table, stored, value } = entry
    if (value !== undefined) table.writeEntry(entry, this.entries)
    if (stored === STORED.no && value !== undefined) return
    const key = table.storeKey(entry)
    this.#keep(key, value === undefined ? undefined : null)
    this.changes?.add(key, false)
  }

  /** Called when an entry is written to the store under `key`, with a value that may be newer than the barrier. */
  written(entry: CacheEntry, key: Uint8Array, value: Uint8Array | undefined): void {
    const { epochs, changes } = this
    const changed = entry.epoch >= epochs.changed
    if (changed || entry.epoch > epochs.base) changes?.add(key, changed)
    if (entry.epoch >= epochs.written) return
    if (this.view !== undefined && entry.keyGroup >= this.walking && epochs.needs(entry.epoch)) {
      if (value !== undefined) entry.table.writeStored(entry.keyGroup, key, value, this.entries)
      if (value === undefined || entry.stored !== STORED.no) this.#keep(key, value === undefined ? undefined : null)
    }
    entry.epoch = epochs.written
  }

  /** An entry that the store never had is gone. */
  dropped(entry: CacheEntry): void {
    if (this.epochs.tracksRemovals && entry.epoch !== this.epochs.created) this.changes?.add(entry.table.storeKey(entry), true)
  }

  /** Called before a batch is written: a view that is live must not see it. */
  beforeWrite(batch: readonly StoreWrite[]): void {
    if (this.view?.live !== true) return
    for (const { key } of batch) {
      if (keyGroupOf(key) < this.walking) continue
      const kept = this.#keptOf(key)
      const id = byteString(key)
      if (!kept.has(id)) kept.set(id, this.#store.latest(key))
    }
  }

  /** What the walker is to find in a table and key group in place of what the view has. */
  kept(prefix: Uint8Array): NewerEntries {
    const kept = this.#kept.get(prefixOf(prefix))
    if (kept === undefined) return NOTHING_NEWER
    // few have one: most are in the snapshot already
    const values = new Map<string, Uint8Array>()
    for (const [key, value] of kept) if (value !== undefined && value !== null) values.set(key, value)
    return { keys: [...kept.keys()].sort(), value: (key) => values.get(key) }
  }

  /** The value of a store key, as one character a byte, at the barrier; null if it is in the snapshot already. */
  valueAt(key: Uint8Array, id: string): Uint8Array | undefined | null {
    const kept = this.#kept.get(prefixOf(key))
    return kept?.has(id) === true ? kept.get(id) : this.view?.get(key)
  }

  keptCount(prefix: Uint8Array): number {
    return this.#kept.get(prefixOf(prefix))?.size ?? 0
  }

  forget(prefix: Uint8Array): void {
    this.#kept.delete(prefixOf(prefix))
  }

  #keep(key: Uint8Array, kept: Kept): void {
    this.#keptOf(key).set(byteString(key), kept)
  }

  #keptOf(key: Uint8Array): Map<string, Kept> {
    const prefix = prefixOf(key)
    let kept = this.#kept.get(prefix)
    if (kept === undefined) {
      kept = new Map()
      this.#kept.set(prefix, kept)
    }
    return kept
  }
}

function keyGroupOf(key: Uint8Array): number {
  return prefixOf(key) & 0xffff
}
