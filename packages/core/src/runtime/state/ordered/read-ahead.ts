import type { StoreEntry, StoreIterator } from '../../../spi/ordered-store.ts'
import { compareBytes, lowerBound } from './byte-order.ts'

/** Entries read at once: large enough to make up for the way to another thread, small enough to be taken in within a slice. */
const PAGE_ENTRIES = 1000
/** One to be taken, one being read: the next is asked for when a slice is over, since the thread that is woken may take its processor. */
const MAX_PAGES = 2

/** The entries of one table in a store's snapshot, of one key group after the other, read on another thread while the task works. */
export class ReadAhead {
  /** The last `take` has met a key that is not below its bound, or the end: nothing below is left. */
  passed = false
  readonly #iterator: StoreIterator
  readonly #failed: (error: unknown) => Error
  /** Read and not taken yet. */
  readonly #pages: (readonly StoreEntry[])[] = []
  /** Entries of the first page that have been taken. */
  #taken = 0
  #failure: Error | undefined
  /** Nothing more can be read, or is to be. */
  #ended = false
  #closed = false
  #arrived: PromiseWithResolvers<void> | undefined
  #wanted: PromiseWithResolvers<void> | undefined

  /** Begins to read. `failed` makes what `take` throws of an error of the store. */
  constructor(iterator: StoreIterator, failed: (error: unknown) => Error) {
    this.#iterator = iterator
    this.#failed = failed
    void this.#read()
  }

  /** Whether `take` gives what is read: not for a caller that did not wait. */
  get isOpen(): boolean {
    return !this.#closed
  }

  /** Settles when there is something to take, and never rejects; undefined if there is. */
  ready(): Promise<void> | undefined {
    if (this.#ended || this.#pages.length > 0) return undefined
    return (this.#arrived ??= Promise.withResolvers<void>()).promise
  }

  /**
   * What has been read of the keys below `to`, of one page. Undefined for a caller that did not wait for it, then and from then on:
   * reading twice would cost more than it spares. Throws what reading failed with.
   */
  take(to: Uint8Array): readonly StoreEntry[] | undefined {
    if (this.#failure !== undefined) throw this.#failure
    const [page] = this.#pages
    if (page === undefined) {
      if (!this.#ended) this.close()
      this.passed = true
      return this.#closed ? undefined : []
    }
    const start = this.#taken
    const end = lowerBound(start, page.length, (index) => compareBytes((page[index] as StoreEntry)[0], to) < 0)
    this.#taken = end
    this.passed = end < page.length
    if (!this.passed) this.#passPage()
    return start === 0 && end === page.length ? page : page.slice(start, end)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#end()
    this.#pages.length = 0
    this.#wanted?.resolve()
    this.#iterator.close()
  }

  /** Never rejects: what fails is thrown by `take`. */
  async #read(): Promise<void> {
    try {
      while (!this.#closed) {
        const page = await this.#iterator.next(PAGE_ENTRIES)
        if (this.#closed || page.length === 0) break
        this.#pages.push(page)
        this.#arrive()
        if (this.#pages.length === MAX_PAGES) await (this.#wanted = Promise.withResolvers<void>()).promise
      }
    } catch (error) {
      if (!this.#closed) this.#failure = this.#failed(error)
    }
    this.#end()
  }

  #passPage(): void {
    this.#pages.shift()
    this.#taken = 0
    this.#wanted?.resolve()
  }

  #arrive(): void {
    this.#arrived?.resolve()
    this.#arrived = undefined
  }

  #end(): void {
    this.#ended = true
    this.#arrive()
  }
}
