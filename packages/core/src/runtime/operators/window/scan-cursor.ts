import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { StateKey } from '../../../spi/keyed-state-backend.ts'

/** Walks the rows of one namespace without removing them. */
export function scanCursor(table: StateTable<unknown>, namespace: number): NamespaceCursor<unknown> {
  const rows = table.scan(namespace)[Symbol.iterator]()
  const cursor = {
    keyGroup: 0,
    key: '' as StateKey,
    value: undefined as unknown,
    next(): boolean {
      const row = rows.next()
      if (row.done === true) return false
      cursor.keyGroup = row.value[0]
      cursor.key = row.value[1]
      cursor.value = row.value[2]
      return true
    },
  }
  return cursor
}
