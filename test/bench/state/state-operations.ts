import { listState, mapState, types, valueState } from '@millrace/core'
import type { KeyedStateStore } from '../../../packages/core/src/runtime/state/keyed-state-store.ts'
import { keyGroupOf } from '../../../packages/core/src/types/key-group.ts'
import { KEY_GROUPS } from './open-state.ts'
import type { OPERATIONS, StateKind } from './operation-cases.ts'

/** Of each kind of state: a fifth of the keys that flink-benchmarks gives values and lists, a fiftieth of those it gives maps. */
export const ENTRIES = 100_000
const MAP_ENTRIES = 10
const ADDED_AT_ONCE = 100
/** Operations in a round. */
const SINGLE = 10_000
const BULK = 1000

export interface StateOperation {
  readonly perRound: number
  /** How many operations a call counts for. */
  readonly counted: number
  /** Does number `index`, and returns something of what it found. */
  run(index: number): number
  /** Makes the state as large as it was before `run(index)`; called once all entries have been gone through. */
  undo?(index: number): void
}

export interface OperationsOn<Name extends string> {
  /** How many keys have state when an operation begins. */
  readonly keys: number
  readonly moves: KeyMoves
  /** Gives key number `index` the state that it has at the beginning. */
  load(index: number): void
  /** A sum over all that the current key has, which does not depend on its order. */
  content(): number
  readonly operations: Readonly<Record<Name, StateOperation>>
}

type OpenOperations = { readonly [K in StateKind]: (store: KeyedStateStore) => OperationsOn<(typeof OPERATIONS)[K][number]> }

const single = (run: StateOperation['run'], undo?: StateOperation['undo']): StateOperation => ({ perRound: SINGLE, counted: 1, run, ...(undo && { undo }) })
const bulk = (counted: number, run: StateOperation['run'], undo?: StateOperation['undo']): StateOperation => ({ perRound: BULK, counted, run, ...(undo && { undo }) })

/** Sums of eighths are exact in any order. */
const valueOf = (index: number): number => (index % 1000) / 8
const STRIDE = 38_197

interface KeyMoves {
  readonly toLoaded: (index: number) => void
  readonly toNew: (index: number) => void
}

/** Move a store to key number `index`, of those loaded or of as many new ones, in an order that no store could profit from. */
function keyMoves(store: KeyedStateStore, keys: number): KeyMoves {
  const order = Uint32Array.from({ length: keys }, (_, index) => (index * STRIDE) % keys)
  const to = (key: number): void => {
    store.currentKey = key
    store.currentKeyGroup = keyGroupOf(key, KEY_GROUPS)
  }
  return { toLoaded: (index) => to(order[index % keys] as number), toNew: (index) => to(keys + (order[index % keys] as number)) }
}

/** The operations on each kind of state, through the state objects that user functions have. */
export const openOperations: OpenOperations = {
  value(store) {
    const state = store.state(valueState('value', types.long()))
    const moves = keyMoves(store, ENTRIES)
    const { toLoaded, toNew } = moves
    const update = (index: number): number => {
      state.update(index)
      return 1
    }
    return {
      keys: ENTRIES,
      moves,
      load(index) {
        toLoaded(index)
        state.update(index + 1)
      },
      content: () => state.value() ?? -1,
      operations: {
        add: single(
          (index) => {
            toNew(index)
            return update(index)
          },
          (index) => {
            toNew(index)
            state.clear()
          },
        ),
        update: single((index) => {
          toLoaded(index)
          return update(index)
        }),
        get: single((index) => {
          toLoaded(index)
          return state.value() ?? -1
        }),
      },
    }
  },

  list(store) {
    const state = store.state(listState('list', types.long()))
    const moves = keyMoves(store, ENTRIES)
    const { toLoaded, toNew } = moves
    const many = Array.from({ length: ADDED_AT_ONCE }, (_, index) => index)
    const load = (index: number): void => {
      toLoaded(index)
      state.update([index + 1])
    }
    const replace = (index: number): number => {
      state.update([index])
      return 1
    }
    const sumOf = (): number => {
      let sum = 0
      for (const value of state.get()) sum += value
      return sum
    }
    return {
      keys: ENTRIES,
      moves,
      load,
      content: sumOf,
      operations: {
        add: single(
          (index) => {
            toNew(index)
            return replace(index)
          },
          (index) => {
            toNew(index)
            state.clear()
          },
        ),
        update: single((index) => {
          toLoaded(index)
          return replace(index)
        }),
        append: single((index) => {
          toLoaded(index)
          state.add(index)
          return 1
        }, load),
        'add-all': bulk(
          1,
          (index) => {
            toLoaded(index)
            state.addAll(many)
            return many.length
          },
          load,
        ),
        get: single((index) => {
          toLoaded(index)
          return state.get().length
        }),
        'get-and-iterate': single((index) => {
          toLoaded(index)
          return sumOf()
        }),
      },
    }
  },

  map(store) {
    const state = store.state(mapState('map', types.long(), types.double()))
    const keys = ENTRIES / MAP_ENTRIES
    const moves = keyMoves(store, keys)
    const { toLoaded, toNew } = moves
    const many = Array.from({ length: MAP_ENTRIES }, (_, entry) => [entry, valueOf(entry)] as const)
    /** Another one each time that the keys start over. */
    const entryOf = (index: number): number => (index + Math.trunc(index / keys)) % MAP_ENTRIES
    const put = (index: number): number => {
      state.put(entryOf(index), valueOf(index))
      return 1
    }
    const putBack = (index: number): void => {
      toLoaded(index)
      put(index)
    }
    const onAll = (run: () => number): StateOperation =>
      bulk(MAP_ENTRIES, (index) => {
        toLoaded(index)
        return run()
      })
    return {
      keys,
      moves,
      load(index) {
        toLoaded(index)
        for (const [entry] of many) state.put(entry, valueOf(index + entry))
      },
      content() {
        let sum = 0
        for (const [entry, value] of state.entries()) sum += (entry + 1) * (value + 1)
        return sum
      },
      operations: {
        add: single(
          (index) => {
            toNew(index)
            return put(index)
          },
          (index) => {
            toNew(index)
            state.remove(entryOf(index))
          },
        ),
        update: single((index) => {
          toLoaded(index)
          return put(index)
        }),
        get: single((index) => {
          toLoaded(index)
          return state.get(entryOf(index)) ?? -1
        }),
        contains: single((index) => {
          toLoaded(index)
          // every second one is not there
          return Number(state.has(2 * entryOf(index)))
        }),
        'is-empty': single((index) => {
          toLoaded(index)
          return Number(state.isEmpty())
        }),
        keys: onAll(() => {
          let sum = 0
          for (const entry of state.keys()) sum += entry
          return sum
        }),
        values: onAll(() => {
          let sum = 0
          for (const value of state.values()) sum += value
          return sum
        }),
        entries: onAll(() => {
          let sum = 0
          for (const [entry, value] of state.entries()) sum += entry + value
          return sum
        }),
        iterator: onAll(() => {
          const iterator = state.entries()[Symbol.iterator]()
          let sum = 0
          for (let next = iterator.next(); next.done !== true; next = iterator.next()) sum += next.value[0] + next.value[1]
          return sum
        }),
        'put-all': bulk(1, (index) => {
          toLoaded(index)
          for (const [entry, value] of many) state.put(entry, value)
          return many.length
        }),
        remove: single((index) => {
          toLoaded(index)
          state.remove(entryOf(index))
          return 1
        }, putBack),
      },
    }
  },
}
