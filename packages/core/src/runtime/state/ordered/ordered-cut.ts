import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { StoreWrite } from '../../../spi/ordered-store.ts'
import type { CacheEntry } from './cache-entry.ts'
import { CLEAN } from './cache-entry.ts'
import { byteString, compareBytes } from './byte-order.ts'
import type { StoreItem } from './store-page.ts'
import { prefixOf } from './write-behind-store.ts'
import type { StoreView, WriteBehindStore } from './write-behind-store.ts'

/**
 * Where the snapshot in progress has drawn its line. The store's view holds what was written before the barrier; an entry
 * that was dirty then is kept here in its old form, by whoever changes or writes it first, or else by the walker. Both stamp it.
 */
export class OrderedCut {
  epoch = 0
  view: StoreView | undefined
  /** The walker is here: nothing needs to be kept for smaller key groups. */
  walking: number
  readonly range: KeyGroupRange
  readonly #store: WriteBehindStore
  /** By table and key group, then by key. */
  #kept = new Map<number, Map<string, StoreItem>>()

  constructor(range: KeyGroupRange, store: WriteBehindStore) {
    this.range = range
    this.walking = range.start
    this.#store = store
  }

  begin(): void {
    this.view = this.#store.view()
    this.epoch++
    this.walking = this.range.start
    for (const batch of this.view.unsettled) for (const write of batch) this.#keptOf(write.key).set(byteString(write.key), write)
  }

  end(): void {
    this.view?.close()
    this.view = undefined
    this.#kept = new Map()
  }

  /** Called before an entry changes for the first time after the barrier, while it still has its old value. */
  preserve(entry: CacheEntry): void {
    if (this.view !== undefined && entry.dirtyAt !== CLEAN && entry.keyGroup >= this.walking) this.keep(entry.table.storeKey(entry), entry.table.encoded(entry))
    entry.epoch = this.epoch
  }

  keep(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#keptOf(key).set(byteString(key), { key, value })
  }

  /** Called before a batch is written: a view that is live must not see it. */
  beforeWrite(batch: readonly StoreWrite[]): void {
    if (this.view?.live !== true) return
    for (const { key } of batch) {
      if (keyGroupOf(key) < this.walking) continue
      const kept = this.#keptOf(key)
      const id = byteString(key)
      if (!kept.has(id)) kept.set(id, { key, value: this.#store.get(key) })
    }
  }

  /** What differs from the view in a table and key group, ascending by key. */
  kept(prefix: Uint8Array): readonly StoreItem[] {
    const kept = this.#kept.get(prefixOf(prefix))
    return kept === undefined ? [] : [...kept.values()].sort((a, b) => compareBytes(a.key, b.key))
  }

  keptCount(prefix: Uint8Array): number {
    return this.#kept.get(prefixOf(prefix))?.size ?? 0
  }

  forget(prefix: Uint8Array): void {
    this.#kept.delete(prefixOf(prefix))
  }

  #keptOf(key: Uint8Array): Map<string, StoreItem> {
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
