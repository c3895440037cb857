import type { OrderedStoreSnapshot, StoreEntry } from '../../../spi/ordered-store.ts'
import { after, byteString, lowerBound } from './byte-order.ts'

/** What is newer than a store, of one table and key group. */
export interface NewerEntries {
  /** Their keys as one character a byte, ascending: as strings they take a fifth of the memory of arrays. */
  readonly keys: readonly string[]
  /** Undefined: the store's entry is not to be seen. */
  readonly value: (key: string) => Uint8Array | undefined
}

export const NOTHING_NEWER: NewerEntries = { keys: [], value: () => undefined }

export interface StorePage {
  readonly entries: readonly StoreEntry[]
  /** Where the next page begins; undefined after the last one. */
  readonly next: Uint8Array | undefined
}

/** Entries of a page: few enough that looking at one key costs little, enough to make up for the cost of a scan. */
export const PAGE_ENTRIES = 256

/** Reads about `limit` entries from a store, with `newer` in place of what it holds. */
export function readPage(store: Pick<OrderedStoreSnapshot, 'scan'>, newer: NewerEntries, from: Uint8Array, to: Uint8Array, limit: number): StorePage {
  const stored: StoreEntry[] = []
  for (const entry of store.scan(from, to)) {
    if (stored.push(entry) === limit) return mergedPage(stored, newer, from, true)
  }
  return mergedPage(stored, newer, from, false)
}

/** The page of what a store holds from `from` on, ascending; `more` may follow in the range. */
export function mergedPage(stored: readonly StoreEntry[], { keys, value }: NewerEntries, from: Uint8Array, more: boolean): StorePage {
  const last = more ? stored.at(-1) : undefined
  const next = last === undefined ? undefined : after(last[0])
  if (keys.length === 0) return { entries: stored, next }
  const first = byteString(from)
  let at = lowerBound(0, keys.length, (index) => (keys[index] as string) < first)
  if (at === keys.length) return { entries: stored, next }
  const entries: StoreEntry[] = []
  const add = (key: string): void => {
    const newer = value(key)
    if (newer !== undefined) entries.push([Buffer.from(key, 'latin1'), newer])
  }
  for (const entry of stored) {
    let order = 1
    for (let key = keys[at]; key !== undefined; key = keys[at]) {
      order = compareToText(key, entry[0])
      if (order > 0) break
      add(key)
      at++
      if (order === 0) break
    }
    if (order !== 0) entries.push(entry)
  }
  if (next === undefined) for (; at < keys.length; at++) add(keys[at] as string)
  return { entries, next }
}

/** Like comparing `text` with `bytes` as one character a byte, but without making it. */
function compareToText(text: string, bytes: Uint8Array): number {
  const length = Math.min(text.length, bytes.length)
  for (let index = 0; index < length; index++) {
    const order = text.charCodeAt(index) - (bytes[index] as number)
    if (order !== 0) return order
  }
  return text.length - bytes.length
}
