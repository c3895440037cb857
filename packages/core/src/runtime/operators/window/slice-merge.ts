import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import type { WindowContents } from './window-contents.ts'

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

interface Merged {
  readonly keyGroup: number
  /** Still that of a slice, in state: must not be changed. */
  shared: boolean
  accumulator: unknown
}

/** Walks the keys of several slices, each with the slices' accumulators merged in order of time, none of them changed. */
export function mergeSlices(table: StateTable<unknown>, slices: readonly number[], contents: Required<Pick<WindowContents, 'copy' | 'merge'>>): NamespaceCursor<unknown> {
  const merged = new Map<StateKey, Merged>()
  for (const slice of slices) {
    for (const [keyGroup, key, value] of table.scan(slice)) {
      const row = merged.get(key)
      if (row === undefined) {
        merged.set(key, { keyGroup, shared: true, accumulator: value })
      } else {
        row.accumulator = contents.merge(row.shared ? contents.copy(row.accumulator) : row.accumulator, value)
        row.shared = false
      }
    }
  }
  const rows = merged.entries()
  const cursor = {
    keyGroup: 0,
    key: '' as StateKey,
    value: undefined as unknown,
    next(): boolean {
      const row = rows.next()
      if (row.done === true) return false
      cursor.key = row.value[0]
      cursor.keyGroup = row.value[1].keyGroup
      cursor.value = row.value[1].accumulator
      return true
    },
  }
  return cursor
}
