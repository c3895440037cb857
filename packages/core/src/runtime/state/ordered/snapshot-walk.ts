import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import { createDataInput } from '../../../types/byte-data-input.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import { writeEntryRemoval } from '../removal-encoding.ts'
import { SliceClock } from '../slice-clock.ts'
import { STORED } from './cache-entry.ts'
import { endOf } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import { PREFIX_BYTES } from './entry-layout.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { StoreView } from './write-behind-store.ts'
import type { StoreItem } from './store-page.ts'

/** Entries per slice: at 5 µs for one read from the store, 2.5 ms. */
const SLICE_ENTRIES = 500
const NO_VALUE = new Uint8Array(0)

/** Writes the entries of a snapshot, or what has changed of them, in the canonical encoding, in slices between which the task works. */
export class SnapshotWalk {
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #tables: readonly CachedTable[]
  readonly #slice: SliceClock
  readonly #input = createDataInput()
  readonly #body = createDataOutput(256)
  #output = createDataOutput(512)
  #removals = createDataOutput(64)
  #entries = 0

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
      for (let index = 0; index < this.#tables.length; index++) {
        const table = this.#tables[index] as CachedTable
        for (const _slice of this.#writeDirty(table, index, keyGroup)) yield this.#take(keyGroup)
        for (const _slice of isFull ? this.#write(table, index, keyGroup) : this.#writeChanged(table, index, keyGroup)) yield this.#take(keyGroup)
      }
      if (this.#entries > 0 || this.#removals.position > 0) yield this.#take(keyGroup)
    }
  }

  /** Writes the entries that were dirty at the barrier and still are as they were; what stands in the place of another in the store is kept for later. */
  *#writeDirty(table: CachedTable, index: number, keyGroup: number): Generator<void> {
    const dirty = table.dirty(keyGroup)
    // from the end: an entry taken out meanwhile is replaced with the last one, which has been seen
    for (let at = dirty.length - 1; at >= 0; at--) {
      const entry = dirty[at]
      if (entry !== undefined && this.#cut.epochs.needs(entry.epoch)) {
        if (entry.stored === STORED.no && entry.value !== undefined) this.#append(index, (body) => table.writeBody(entry, body))
        else this.#cut.preserve(entry)
        entry.epoch = this.#cut.epochs.written
      }
      if (this.#slice.passed()) yield
    }
  }

  *#write(table: CachedTable, index: number, keyGroup: number): Generator<void> {
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
      const page = this.#view.page(kept, from, end, SLICE_ENTRIES)
      for (const { key, value } of page.items) {
        this.#writeEntry(table, index, key, value)
        if (this.#slice.passed()) yield
      }
      from = page.next
    }
    this.#cut.forget(prefix)
  }

  *#writeChanged(table: CachedTable, index: number, keyGroup: number): Generator<void> {
    const prefix = table.prefix(keyGroup)
    for (const text of this.#cut.changes?.changed(prefix) ?? []) {
      const key = Buffer.from(text, 'latin1')
      const value = this.#cut.valueAt(key)
      if (value !== undefined) this.#writeEntry(table, index, key, value)
      else writeEntryRemoval(this.#removals, index, (output) => this.#writeBody(table, key, NO_VALUE, output))
      if (this.#slice.passed()) yield
    }
    this.#cut.forget(prefix)
  }

  #writeEntry(table: CachedTable, index: number, key: Uint8Array, value: Uint8Array): void {
    this.#append(index, (body) => this.#writeBody(table, key, value, body))
  }

  #append(index: number, writeBody: (body: DataOutput) => void): void {
    this.#body.reset()
    writeBody(this.#body)
    this.#output.writeVarUint(index)
    this.#output.writeInt32(this.#body.position)
    this.#output.writeRaw(this.#body.view())
    this.#entries++
  }

  /** Without a value, what tells the entry from all others. */
  #writeBody(table: CachedTable, key: Uint8Array, value: Uint8Array, output: DataOutput): void {
    this.#input.wrap(key, PREFIX_BYTES)
    table.layout.writeBody(this.#input, key, value, output)
  }

  #take(keyGroup: number): KeyGroupChunk {
    const chunk: KeyGroupChunk = { keyGroup, bytes: this.#output.view(), entries: this.#entries, ...(this.#removals.position === 0 ? {} : { removals: this.#removals.view() }) }
    this.#output = createDataOutput(512)
    if (this.#removals.position > 0) this.#removals = createDataOutput(64)
    this.#entries = 0
    this.#slice.begin()
    return chunk
  }
}
