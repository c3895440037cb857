import { endOf } from './byte-order.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { ReadAhead } from './read-ahead.ts'
import { mergedPage, NOTHING_NEWER } from './store-page.ts'
import type { NewerEntries, StorePage } from './store-page.ts'
import type { StoreView } from './write-behind-store.ts'

/** Entries read in the task's own time: few enough that the end of a slice is not overrun by much. */
const READ_ENTRIES = 32

/** The entries of one table and key group as they were at the barrier, a page at a time. */
export class SnapshotPages {
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #prefix: Uint8Array
  readonly #end: Uint8Array
  #from: Uint8Array | undefined
  #kept: NewerEntries = NOTHING_NEWER
  #keptCount = 0

  constructor(cut: OrderedCut, view: StoreView, prefix: Uint8Array) {
    this.#cut = cut
    this.#view = view
    this.#prefix = prefix
    this.#end = endOf(prefix)
    this.#from = prefix
  }

  /** Where the next page begins; undefined after the last. */
  get from(): Uint8Array | undefined {
    return this.#from
  }

  /** Sorts what was kept, which `next` does otherwise. */
  prepare(): void {
    this.#keptNow()
  }

  /** Takes what has been read ahead, and else reads in the task's time. Undefined after the last page. Throws STATE_STORE_FAILED. */
  next(ahead: ReadAhead | undefined): StorePage['entries'] | undefined {
    if (this.#from === undefined) return undefined
    const stored = ahead?.take(this.#end)
    const kept = this.#keptNow()
    const { entries, next } = stored === undefined ? this.#view.page(kept, this.#from, this.#end, READ_ENTRIES) : mergedPage(stored, kept, this.#from, ahead?.passed !== true)
    this.#from = next
    return entries
  }

  /** With a live view, more may have been kept since the last page. */
  #keptNow(): NewerEntries {
    const count = this.#cut.keptCount(this.#prefix)
    if (count !== this.#keptCount) {
      this.#kept = this.#cut.kept(this.#prefix)
      this.#keptCount = count
    }
    return this.#kept
  }
}
