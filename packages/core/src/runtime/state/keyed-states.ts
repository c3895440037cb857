import { MillraceError } from '../../errors.ts'
import type { AggregateFunction } from '../../functions/aggregate-function.ts'
import type { AggregatingState, MapState, ReducingState, ValueState } from '../../functions/state.ts'
import type { MapStateTable } from '../../spi/state-table.ts'
import type { StateKeyCursor } from './state-key-cursor.ts'
import type { ValueTable } from './ttl-table.ts'

export function createValueState<T>(name: string, at: StateKeyCursor, table: ValueTable<T>): ValueState<T> {
  return {
    value: () => table.get(at.currentKeyGroup, at.currentKey, at.currentNamespace),
    update(value) {
      requireValue(name, value)
      table.put(at.currentKeyGroup, at.currentKey, at.currentNamespace, value)
    },
    clear: () => table.remove(at.currentKeyGroup, at.currentKey, at.currentNamespace),
  }
}

export function createReducingState<T>(name: string, at: StateKeyCursor, table: ValueTable<T>, reduce: (a: T, b: T) => T): ReducingState<T> {
  return {
    get: () => table.get(at.currentKeyGroup, at.currentKey, at.currentNamespace),
    add(value) {
      requireValue(name, value)
      // for update, since a reduce function that changes its first argument would else reach into a snapshot
      const old = table.getForUpdate(at.currentKeyGroup, at.currentKey, at.currentNamespace)
      const reduced = old === undefined ? value : reduce(old, value)
      requireValue(name, reduced)
      if (reduced !== old) table.put(at.currentKeyGroup, at.currentKey, at.currentNamespace, reduced)
    },
    clear: () => table.remove(at.currentKeyGroup, at.currentKey, at.currentNamespace),
  }
}

export function createAggregatingState<T, A, R>(at: StateKeyCursor, table: ValueTable<A>, aggregate: AggregateFunction<T, A, R>): AggregatingState<T, R> {
  return {
    get() {
      const accumulator = table.get(at.currentKeyGroup, at.currentKey, at.currentNamespace)
      return accumulator === undefined ? undefined : aggregate.getResult(accumulator)
    },
    add(value) {
      const old = table.getForUpdate(at.currentKeyGroup, at.currentKey, at.currentNamespace)
      const accumulator = aggregate.add(value, old === undefined ? aggregate.createAccumulator() : old)
      if (accumulator !== old) table.put(at.currentKeyGroup, at.currentKey, at.currentNamespace, accumulator)
    },
    clear: () => table.remove(at.currentKeyGroup, at.currentKey, at.currentNamespace),
  }
}

export function createMapState<UK, UV>(name: string, at: StateKeyCursor, table: MapStateTable<UK, UV>): MapState<UK, UV> {
  const entries = (): Iterable<readonly [UK, UV]> => table.entries(at.currentKeyGroup, at.currentKey, at.currentNamespace)
  return {
    get: (key) => table.get(at.currentKeyGroup, at.currentKey, at.currentNamespace, key),
    put(key, value) {
      requireValue(name, value)
      table.put(at.currentKeyGroup, at.currentKey, at.currentNamespace, key, value)
    },
    has: (key) => table.has(at.currentKeyGroup, at.currentKey, at.currentNamespace, key),
    remove(key) {
      table.remove(at.currentKeyGroup, at.currentKey, at.currentNamespace, key)
    },
    isEmpty: () => table.isEmpty(at.currentKeyGroup, at.currentKey, at.currentNamespace),
    entries,
    *keys() {
      for (const [key] of entries()) yield key
    },
    *values() {
      for (const [, value] of entries()) yield value
    },
    clear: () => table.clear(at.currentKeyGroup, at.currentKey, at.currentNamespace),
  }
}

/** Undefined means that there is no value; stored, it would read as a state that was never written. */
export function requireValue(name: string, value: unknown): void {
  if (value !== undefined) return
  throw new MillraceError('STATE_UNDEFINED_VALUE', `State '${name}' expects a value, found undefined; call clear() to remove it, or store null in a nullable type`, { origin: 'user' })
}
