import type { ListState } from '../../functions/state.ts'
import type { StateTable } from '../../spi/state-table.ts'
import { requireValue } from './keyed-states.ts'
import { ListCell } from './list-cell.ts'
import type { StateKeyCursor } from './state-key-cursor.ts'
import { isExpired } from './state-ttl.ts'
import type { TtlPolicy } from './state-ttl.ts'
import { TtlSweep } from './ttl-sweep.ts'

/** A list per key. With a ttl every element expires on its own, the oldest first. */
export function createListState<T>(name: string, at: StateKeyCursor, table: StateTable<ListCell<T>>, ttl: TtlPolicy | undefined): ListState<T> {
  const sweep = ttl === undefined ? undefined : new TtlSweep(ttl, () => newestOf(table))

  const clear = (): void => table.remove(at.currentKeyGroup, at.currentKey, at.currentNamespace)

  /** The cell of the current key without its expired elements. */
  const live = (): ListCell<T> | undefined => {
    const cell = table.get(at.currentKeyGroup, at.currentKey, at.currentNamespace)
    if (cell?.stampsMs === undefined || ttl === undefined) return cell
    const nowMs = ttl.now()
    let expired = 0
    while (expired < cell.stampsMs.length && isExpired(cell.stampsMs[expired] as number, ttl, nowMs)) expired++
    if (expired === 0) return cell
    if (expired === cell.items.length) {
      clear()
      return undefined
    }
    const changed = writable() as ListCell<T>
    changed.items.splice(0, expired)
    changed.stampsMs?.splice(0, expired)
    return changed
  }

  const writable = (): ListCell<T> | undefined => {
    const cell = table.getForUpdate(at.currentKeyGroup, at.currentKey, at.currentNamespace)
    if (cell?.shared !== true) return cell
    cell.items = [...cell.items]
    cell.shared = false
    return cell
  }

  const requireValues = (values: readonly T[]): void => {
    for (const value of values) requireValue(name, value)
  }

  const replace = (values: readonly T[]): void => {
    const stampsMs = ttl === undefined ? undefined : Array.from(values, () => ttl.now())
    table.put(at.currentKeyGroup, at.currentKey, at.currentNamespace, new ListCell([...values], stampsMs))
  }

  const append = (values: readonly T[]): void => {
    requireValues(values)
    if (values.length === 0) return
    const nowMs = ttl?.now() ?? 0
    sweep?.step(nowMs)
    const cell = live() === undefined ? undefined : writable()
    if (cell === undefined) {
      replace(values)
      return
    }
    for (const value of values) {
      cell.items.push(value)
      cell.stampsMs?.push(nowMs)
    }
  }

  return {
    get() {
      const cell = live()
      if (cell === undefined) return []
      if (ttl?.refreshOnRead === true) writable()?.stampsMs?.fill(ttl.now())
      cell.shared = true
      return cell.items
    },
    add: (value) => append([value]),
    addAll: append,
    update(values) {
      requireValues(values)
      if (values.length === 0) clear()
      else replace(values)
    },
    clear,
  }
}

/** Per list the stamp of its last element: when that expires, all have. */
function* newestOf<T>(table: StateTable<ListCell<T>>): Generator<{ readonly stampMs: number; remove(): void }> {
  for (const [keyGroup, key, { stampsMs }] of table.scan(null)) {
    yield { stampMs: stampsMs?.at(-1) ?? Infinity, remove: () => table.remove(keyGroup, key, null) }
  }
}
