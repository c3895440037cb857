import { endOf } from './byte-order.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { StoreItem, StorePage } from './store-page.ts'
import type { StoreView } from './write-behind-store.ts'

/** Entries read in the task's own time: few enough that the end of a slice is not overrun by much. */
const READ_ENTRIES = 32

/** The entries of one table and key group as they were at the barrier, a page at a time. */
export class SnapshotPages {
  #reading: ReadAhead | undefined
  /** A reader that did not wait for a page will not wait for others: they would be read twice. */
  #waits = true
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

  /** Has the next page read on another thread. What it returns never rejects; undefined after the last page, where the store cannot, and for who did not wait. */
  readAhead(): Promise<void> | undefined {
    this.#reading = this.#waits && this.#from !== undefined ? this.#view.readAhead(this.#from, this.#end) : undefined
    return this.#reading?.settled
  }

  /** Does not wait for what is being read ahead. Undefined after the last page. Throws STATE_STORE_FAILED. */
  next(): StorePage['items'] | undefined {
    if (this.#from === undefined) return undefined
    const page = this.#view.page(this.#keptNow(), this.#from, this.#end, READ_ENTRIES, this.#reading)
    this.#from = page.next
    this.#waits &&= this.#reading === undefined || this.#reading.take() !== undefined
    this.#reading = undefined
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
