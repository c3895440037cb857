import { endOf } from './byte-order.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { StoreItem, StorePage } from './store-page.ts'
import type { StoreView } from './write-behind-store.ts'

/** Entries read in the task's own time, at first, or by a walk that does not wait: few enough that the end of a slice is not overrun by much. */
const READ_ENTRIES = 32

/** The entries of one table and key group as they were at the barrier, a page at a time. */
export class SnapshotPages {
  /** The next page, if it is being read on another thread; `next` does not wait for it. */
  reading: ReadAhead | undefined
  readonly #cut: OrderedCut
  readonly #view: StoreView
  readonly #prefix: Uint8Array
  readonly #end: Uint8Array
  #from: Uint8Array | undefined
  #kept: readonly StoreItem[] = []
  #keptCount = -1

  constructor(cut: OrderedCut, view: StoreView, prefix: Uint8Array) {
    this.#cut = cut
    this.#view = view
    this.#prefix = prefix
    this.#end = endOf(prefix)
    this.#from = prefix
  }

  /** Undefined after the last one. Throws STATE_STORE_FAILED. */
  next(): StorePage['items'] | undefined {
    if (this.#from === undefined) return undefined
    const page = this.#view.page(this.#keptNow(), this.#from, this.#end, READ_ENTRIES, this.reading)
    this.#from = page.next
    this.reading = page.next && this.#view.readAhead(page.next, this.#end)
    return page.items
  }

  /** With a live view, more may have been kept since the last page. */
  #keptNow(): readonly StoreItem[] {
    const count = this.#cut.keptCount(this.#prefix)
    if (count !== this.#keptCount) {
      this.#kept = this.#cut.kept(this.#prefix)
      this.#keptCount = count
    }
    return this.#kept
  }
}
