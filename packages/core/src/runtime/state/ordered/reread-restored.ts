import type { StoreWrite } from '../../../spi/ordered-store.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import { compareBytes } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import { PAGE_ENTRIES } from './store-page.ts'

/**
 * Reads all restored entries of a table once, with `read` if they were written under another schema, and writes those that
 * now have other bytes.
 */
export function rereadRestored(table: CachedTable, read?: ValueReader): void {
  const { store } = table.cache
  for (let keyGroup = table.range.start; keyGroup <= table.range.end; keyGroup++) {
    const prefix = table.prefix(keyGroup)
    for (let from: Uint8Array | undefined = prefix; from !== undefined; ) {
      const page = store.page(prefix, from, PAGE_ENTRIES)
      const changed: StoreWrite[] = []
      for (const [key, value] of page.entries) {
        const encoded = table.encode(table.decoded(value, read), '')
        if (compareBytes(encoded, value) !== 0) changed.push({ key, value: encoded, replaces: true })
      }
      if (changed.length > 0) store.writeUncached(changed)
      from = page.next
    }
  }
}
