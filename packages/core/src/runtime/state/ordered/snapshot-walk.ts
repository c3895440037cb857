import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import { createDataInput } from '../../../types/byte-data-input.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import { CLEAN } from './cache-entry.ts'
import { endOf } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import { PREFIX_BYTES } from './entry-layout.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { StoreView } from './write-behind-store.ts'
import type { StoreItem } from './store-page.ts'

/** Entries per slice: at 5 µs for one read from the store, 2.5 ms. */
const SLICE_ENTRIES = 500

/** Writes the entries of a snapshot in the canonical encoding, in slices between which the task works. */
export class SnapshotWalk {
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #tables: readonly CachedTable[]
  readonly #input = createDataInput()
  readonly #body = createDataOutput(256)
  #output = createDataOutput(512)
  #entries = 0

  constructor(cut: OrderedCut, view: StoreView, tables: readonly CachedTable[]) {
    this.#cut = cut
    this.#view = view
    this.#tables = tables
  }

  *chunks(): Generator<KeyGroupChunk> {
    const { start, end } = this.#cut.range
    for (let keyGroup = start; keyGroup <= end; keyGroup++) {
      this.#cut.walking = keyGroup
      for (let index = 0; index < this.#tables.length; index++) {
        const table = this.#tables[index] as CachedTable
        for (const _slice of this.#keepDirty(table, keyGroup)) yield this.#take(keyGroup)
        for (const _slice of this.#write(table, index, keyGroup)) yield this.#take(keyGroup)
      }
      if (this.#entries > 0) yield this.#take(keyGroup)
    }
  }

  /** Keeps the entries that were dirty at the barrier and still are as they were. */
  *#keepDirty(table: CachedTable, keyGroup: number): Generator<void> {
    const dirty = table.dirty(keyGroup)
    // from the end: an entry taken out meanwhile is replaced with the last one, which has been seen
    for (let index = dirty.length - 1; index >= 0; index--) {
      const entry = dirty[index]
      if (entry !== undefined && entry.dirtyAt !== CLEAN && entry.epoch !== this.#cut.epoch) this.#cut.preserve(entry)
      if (index > 0 && index % SLICE_ENTRIES === 0) yield
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
        if (this.#entries === SLICE_ENTRIES) yield
      }
      from = page.next
    }
    this.#cut.forget(prefix)
  }

  #writeEntry(table: CachedTable, index: number, key: Uint8Array, value: Uint8Array): void {
    this.#body.reset()
    this.#input.wrap(key, PREFIX_BYTES)
    table.layout.writeBody(this.#input, key, value, this.#body)
    this.#output.writeVarUint(index)
    this.#output.writeInt32(this.#body.position)
    this.#output.writeRaw(this.#body.view())
    this.#entries++
  }

  #take(keyGroup: number): KeyGroupChunk {
    const chunk: KeyGroupChunk = { keyGroup, bytes: this.#output.view(), entries: this.#entries }
    this.#output = createDataOutput(512)
    this.#entries = 0
    return chunk
  }
}
