import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import { SliceClock } from '../slice-clock.ts'
import { endOf } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { ReadAhead } from './read-ahead.ts'
import { SnapshotPages } from './snapshot-pages.ts'
import type { StoreView } from './write-behind-store.ts'

/** Less than on the heap: what precedes the entries of a key group cannot be divided, and a store's threads want the processor as well. */
const SLICE_MS = 1
/** Entries per slice at most: its time ends it first, but for tests, where none passes. */
const SLICE_ENTRIES = 2000
/** Keys to be sorted before the first entry of a key group: so many have a slice of their own. */
const MANY_KEPT = 500
const NOTHING = new Uint8Array(0)

/** Writes the entries of a snapshot, or what has changed of them, in the canonical encoding, in slices between which the task works. */
export class SnapshotWalk {
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #tables: readonly CachedTable[]
  readonly #slice: SliceClock
  /** Of those that a key group held more of than one page: reading them takes a while, small ones are scanned in no time. */
  readonly #ahead = new Map<CachedTable, ReadAhead>()
  #removals = createDataOutput(64)

  constructor(cut: OrderedCut, view: StoreView, tables: readonly CachedTable[], now: () => number) {
    this.#cut = cut
    this.#view = view
    this.#tables = tables
    this.#slice = new SliceClock(now, SLICE_MS, SLICE_ENTRIES)
  }

  *chunks(): Generator<KeyGroupChunk> {
    const { start, end } = this.#cut.range
    const isFull = this.#cut.epochs.base === -Infinity
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      this.#cut.walking = keyGroup
      for (const table of this.#tables) {
        for (const _slice of this.#writeDirty(table, keyGroup)) yield* this.#endSlice(keyGroup)
        for (const read of isFull ? this.#write(table, keyGroup) : this.#writeChanged(table, keyGroup)) yield* this.#endSlice(keyGroup, read)
      }
      yield* this.#written(keyGroup)
      if (this.#removals.position === 0) continue
      yield { keyGroup, bytes: NOTHING, entries: 0, endsSlice: false, removals: this.#removals.view() }
      this.#removals = createDataOutput(64)
    }
  }

  *#endSlice(keyGroup: number, nextRead?: Promise<void>): Generator<KeyGroupChunk> {
    yield* this.#written(keyGroup)
    yield { keyGroup, bytes: NOTHING, entries: 0, endsSlice: true, ...(nextRead === undefined ? {} : { nextRead }) }
    // the task has had its turn: its time is not the slice's
    this.#slice.begin()
  }

  /** Writes the entries that were dirty at the barrier and still are as they were. */
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

  *#write(table: CachedTable, keyGroup: number): Generator<Promise<void> | undefined> {
    const prefix = table.prefix(keyGroup)
    const pages = new SnapshotPages(this.#cut, this.#view, prefix)
    let ahead = this.#ahead.get(table)
    const first = ahead?.ready()
    const manyKept = this.#cut.keptCount(prefix) > MANY_KEPT
    if (first !== undefined || manyKept || this.#slice.isOver()) yield first
    if (manyKept) {
      pages.prepare()
      yield
    }
    for (let entries = pages.next(ahead); entries !== undefined; entries = pages.next(ahead)) {
      for (const entry of entries) {
        table.writeStored(keyGroup, entry[0], entry[1], this.#cut.entries)
        if (this.#slice.passed()) yield
      }
      if (pages.from === undefined) break
      ahead ??= this.#readAhead(table, pages.from)
      // another page is read while the task works, not in the next slice, with which it would compete for a processor
      if (ahead?.isOpen === true) yield ahead.ready()
    }
    this.#cut.forget(prefix)
  }

  /** To the last key group: opening a reader may wait for the store's compaction. */
  #readAhead(table: CachedTable, from: Uint8Array): ReadAhead | undefined {
    const ahead = this.#view.readAhead(from, endOf(table.prefix(table.range.end)))
    if (ahead !== undefined) this.#ahead.set(table, ahead)
    return ahead
  }

  *#writeChanged(table: CachedTable, keyGroup: number): Generator<undefined> {
    const prefix = table.prefix(keyGroup)
    for (const text of this.#cut.changes?.changed(prefix) ?? []) {
      const key = Buffer.from(text, 'latin1')
      const value = this.#cut.valueAt(key, text)
      if (value === undefined) table.writeRemoval(key, this.#removals)
      else if (value !== null) table.writeStored(keyGroup, key, value, this.#cut.entries)
      if (this.#slice.passed()) yield
    }
    this.#cut.forget(prefix)
  }

  #written(keyGroup: number): Iterable<KeyGroupChunk> {
    if (this.#cut.failure !== undefined) throw this.#cut.failure
    return this.#cut.entries.chunks(keyGroup)
  }
}
