import type { StoreWrite } from '@millrace/core/spi'

/** Keys as one character a byte, ascending: as strings they take half the memory of arrays, and compare as their bytes do. */
interface KeyPage {
  readonly keys: string[]
  /** Of the view for which it was last copied: pages of older ones belong to those. */
  readonly epoch: number
}

/** A page with more keys is split in two: small enough to insert into, large enough for a short list of pages. */
const MAX_PAGE_KEYS = 256

/** The keys of one moment. */
export class SortedKeys {
  readonly #pages: readonly KeyPage[]

  constructor(pages: readonly KeyPage[]) {
    this.#pages = pages
  }

  /** Keys with from ≤ key < to, ascending. */
  *range(from: Uint8Array, to: Uint8Array): Generator<Uint8Array> {
    const [first, end] = [text(from), text(to)]
    for (let index = pageOf(this.#pages, first); index < this.#pages.length; index++) {
      const { keys } = this.#pages[index] as KeyPage
      for (let at = firstNotBelow(keys, first); at < keys.length; at++) {
        const key = keys[at] as string
        if (key >= end) return
        yield Buffer.from(key, 'latin1')
      }
    }
  }
}

/** The set of all keys, in order: a sorted list of sorted pages. */
export class KeyIndex {
  #pages: KeyPage[] = []
  #epoch = 0
  #shared = false

  /** The keys as they are now, until the next change. */
  current(): SortedKeys {
    return new SortedKeys(this.#pages)
  }

  /** The keys as they are now: what changes later is copied before. */
  snapshot(): SortedKeys {
    this.#epoch++
    this.#shared = true
    return new SortedKeys(this.#pages)
  }

  apply(batch: readonly StoreWrite[]): void {
    for (const { key, value, replaces } of batch) {
      if (value === undefined) this.#delete(text(key))
      else if (!replaces) this.#add(text(key))
    }
  }

  #add(key: string): void {
    if (this.#pages.length === 0) {
      this.#pages = [{ keys: [key], epoch: this.#epoch }]
      this.#shared = false
      return
    }
    const index = pageOf(this.#pages, key)
    const at = firstNotBelow((this.#pages[index] as KeyPage).keys, key)
    if (this.#pages[index]?.keys[at] === key) return
    const { keys } = this.#own(index)
    keys.splice(at, 0, key)
    if (keys.length > MAX_PAGE_KEYS) this.#pages.splice(index + 1, 0, { keys: keys.splice(keys.length >> 1), epoch: this.#epoch })
  }

  #delete(key: string): void {
    const index = pageOf(this.#pages, key)
    const at = firstNotBelow(this.#pages[index]?.keys ?? [], key)
    if (this.#pages[index]?.keys[at] !== key) return
    const { keys } = this.#own(index)
    keys.splice(at, 1)
    if (keys.length === 0) this.#pages.splice(index, 1)
  }

  /** The page to change, which no snapshot has. */
  #own(index: number): KeyPage {
    if (this.#shared) {
      this.#pages = [...this.#pages]
      this.#shared = false
    }
    const page = this.#pages[index] as KeyPage
    if (page.epoch === this.#epoch) return page
    const copy = { keys: [...page.keys], epoch: this.#epoch }
    this.#pages[index] = copy
    return copy
  }
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')
}

/** The last page that begins at or below `key`, or else the first. */
function pageOf(pages: readonly KeyPage[], key: string): number {
  let low = 0
  let high = pages.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (((pages[middle] as KeyPage).keys[0] as string) <= key) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
