import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import { SliceClock } from '../slice-clock.ts'
import { endOf } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { StoreView } from './write-behind-store.ts'
import type { StoreItem } from './store-page.ts'

/** Entries per slice: with 5 to 8 µs for one read from the store not 2 ms, which leaves room for a collection of garbage. */
const SLICE_ENTRIES = 250
/** Entries read from the store at once: few enough that the end of a slice is not overrun by much. */
const READ_ENTRIES = 64

/** Writes the entries of a snapshot, or what has changed of them, in the canonical encoding, in slices between which the task works. */
export class SnapshotWalk {
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #tables: readonly CachedTable[]
  readonly #slice: SliceClock
  #removals = createDataOutput(64)

  constructor(cut: OrderedCut, view: StoreView, tables: readonly CachedTable[], now: () => number) {
    this.#cut = cut
    this.#view = view
    this.#tables = tables
    this.#slice = new SliceClock(now, SLICE_ENTRIES)
  }

  *chunks(): Generator<KeyGroupChunk> {
    const { start, end } = this.#cut.range
    const isFull = this.#cut.epochs.base === -Infinity
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      this.#cut.walking = keyGroup
      for (const table of this.#tables) {
        for (const _slice of this.#writeDirty(table, keyGroup)) yield this.#take(keyGroup)
        for (const _slice of isFull ? this.#write(table, keyGroup) : this.#writeChanged(table, keyGroup)) yield this.#take(keyGroup)
      }
      if (this.#cut.failure !== undefined || this.#cut.entries.count(keyGroup) > 0 || this.#removals.position > 0) yield this.#take(keyGroup)
    }
  }

  /** Saves the entries that were dirty at the barrier and still are as they were. */
  *#writeDirty(table: CachedTable, keyGroup: number): Generator<void> {
    const dirty = table.dirty(keyGroup)
    // from the end: an entry taken out meanwhile is replaced with the last one, which has been seen
    for (let at = dirty.length - 1; at >= 0; at--) {
      const entry = dirty[at]
      if (entry !== undefined && this.#cut.epochs.needs(entry.epoch)) {
        this.#cut.preserve(entry)
        entry.epoch = this.#cut.epochs.written
      }
      if (this.#slice.passed()) yield
    }
  }

  *#write(table: CachedTable, keyGroup: number): Generator<void> {
    const prefix = table.prefix(keyGroup)
    const end = endOf(prefix)
    let kept: readonly StoreItem[] = []
    let keptCount = -1
    for (let from: Uint8Array | undefined = prefix; from !== undefined; ) {
      // with a live view, more may have been kept since the last slice
      if (keptCount !== this.#cut.keptCount(prefix)) {
        kept = this.#cut.kept(prefix)
        keptCount = kept.length
      }
      const page = this.#view.page(kept, from, end, READ_ENTRIES)
      for (const { key, value } of page.items) {
        table.writeStored(keyGroup, key, value, this.#cut.entries)
        if (this.#slice.passed()) yield
      }
      from = page.next
    }
    this.#cut.forget(prefix)
  }

  *#writeChanged(table: CachedTable, keyGroup: number): Generator<void> {
    const prefix = table.prefix(keyGroup)
    for (const text of this.#cut.changes?.changed(prefix) ?? []) {
      const key = Buffer.from(text, 'latin1')
      const value = this.#cut.valueAt(key)
      if (value !== undefined) table.writeStored(keyGroup, key, value, this.#cut.entries)
      else table.writeRemoval(key, this.#removals)
      if (this.#slice.passed()) yield
    }
    this.#cut.forget(prefix)
  }

  #take(keyGroup: number): KeyGroupChunk {
    if (this.#cut.failure !== undefined) throw this.#cut.failure
    const chunk = this.#cut.entries.take(keyGroup)
    const removals = this.#removals
    this.#slice.begin()
    if (removals.position === 0) return chunk
    this.#removals = createDataOutput(64)
    return { ...chunk, removals: removals.view() }
  }
}
