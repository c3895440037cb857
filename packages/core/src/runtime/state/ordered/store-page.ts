import type { OrderedStoreSnapshot } from '../../../spi/ordered-store.ts'
import { after, compareBytes } from './byte-order.ts'

/** What is newer than the store. Undefined: the key is gone. */
export interface StoreItem {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

export interface StorePage {
  readonly items: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]
  /** Where the next page begins; undefined after the last one. */
  readonly next: Uint8Array | undefined
}

/** Entries of a page: few enough that looking at one key costs little, enough to make up for the cost of a scan. */
export const PAGE_ENTRIES = 256

/** Reads about `limit` entries from a store, with `newer` (ascending by key, all of the range) in place of what it holds. */
export function readPage(store: Pick<OrderedStoreSnapshot, 'scan'>, newer: readonly StoreItem[], from: Uint8Array, to: Uint8Array, limit: number): StorePage {
  const items: { key: Uint8Array; value: Uint8Array }[] = []
  let at = firstFrom(newer, from)
  let read = 0
  let last: Uint8Array | undefined
  for (const [key, value] of store.scan(from, to)) {
    let order = 1
    for (let item = newer[at]; item !== undefined; item = newer[at]) {
      order = compareBytes(item.key, key)
      if (order > 0) break
      if (item.value !== undefined) items.push({ key: item.key, value: item.value })
      at++
      if (order === 0) break
    }
    if (order !== 0) items.push({ key, value })
    last = key
    if (++read === limit) return { items, next: after(last) }
  }
  for (let item = newer[at]; item !== undefined; item = newer[++at]) if (item.value !== undefined) items.push({ key: item.key, value: item.value })
  return { items, next: undefined }
}

function firstFrom(items: readonly StoreItem[], from: Uint8Array): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareBytes((items[middle] as StoreItem).key, from) < 0) low = middle + 1
    else high = middle
  }
  return low
}
