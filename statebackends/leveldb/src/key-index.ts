import type { StoreWrite } from '@millrace/core/spi'
import { editPage, firstKey, pageKeys } from './key-page.ts'
import type { KeyChange, KeyPage } from './key-page.ts'

/** The keys of one moment: pages never change. */
export class SortedKeys {
  readonly #pages: readonly KeyPage[]

  constructor(pages: readonly KeyPage[]) {
    this.#pages = pages
  }

  /** Keys with from ≤ key < to, ascending. */
  *range(from: Uint8Array, to: Uint8Array): Generator<Uint8Array> {
    for (let index = pageOf(this.#pages, from); index < this.#pages.length; index++) {
      const page = this.#pages[index] as KeyPage
      if (Buffer.compare(firstKey(page), to) >= 0) return
      for (const key of pageKeys(page)) {
        if (Buffer.compare(key, from) < 0) continue
        if (Buffer.compare(key, to) >= 0) return
        yield key
      }
    }
  }
}

/** The set of all keys, in order: a sorted list of pages in each of which keys are written as differences. */
export class KeyIndex {
  #pages: KeyPage[] = []
  /** Handed out: a change of the list must leave it as it is. */
  #shared = false

  sorted(): SortedKeys {
    this.#shared = true
    return new SortedKeys(this.#pages)
  }

  apply(batch: readonly StoreWrite[]): void {
    const changes: KeyChange[] = []
    for (const { key, value, replaces } of batch) if (value === undefined || !replaces) changes.push({ key, present: value !== undefined })
    if (changes.length === 0) return
    changes.sort((a, b) => Buffer.compare(a.key, b.key))
    if (this.#shared) {
      this.#pages = [...this.#pages]
      this.#shared = false
    }
    // from the end, so that pages not yet reached keep their places
    for (let end = changes.length; end > 0; ) {
      const index = pageOf(this.#pages, (changes[end - 1] as KeyChange).key)
      const page = this.#pages[index]
      const start = page === undefined || index === 0 ? 0 : firstNotBelow(changes, firstKey(page))
      this.#pages.splice(index, page === undefined ? 0 : 1, ...editPage(page, changes.slice(start, end)))
      end = start
    }
  }
}

/** The last page that begins at or below `key`, or else the first. */
function pageOf(pages: readonly KeyPage[], key: Uint8Array): number {
  let low = 0
  let high = pages.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(firstKey(pages[middle] as KeyPage), key) <= 0) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function firstNotBelow(changes: readonly KeyChange[], key: Uint8Array): number {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare((changes[middle] as KeyChange).key, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
