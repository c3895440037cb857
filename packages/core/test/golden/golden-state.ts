import { aggregatingState, listState, mapState, reducingState, valueState } from '../../src/functions/state-descriptor.ts'
import { createKeyedStateStore } from '../../src/runtime/state/keyed-state-store.ts'
import { createOperatorState } from '../../src/runtime/state/operator-state.ts'
import type { KeyedStateBackend, StateKey } from '../../src/spi/keyed-state-backend.ts'
import type { KeyGroupRange } from '../../src/spi/key-group-range.ts'
import type { StateDefinition } from '../../src/spi/state-backend.ts'
import type { Key } from '../../src/types/key.ts'
import { keyGroupOf } from '../../src/types/key-group.ts'
import { toStateKey } from '../../src/types/state-key.ts'
import type { Infer } from '../../src/types/type-information.ts'
import * as types from '../../src/types/types.ts'

/*
 * What golden snapshots hold: every kind of state, key and type. It never changes: a later version adds states of its own.
 */

export const MAX_PARALLELISM = 16

/** Keys of every type, the ends of their ranges among them. */
export const KEYS: readonly Key[] = [0, -1.5, Number.NaN, 2 ** 53, 12n, -(2n ** 70n), true, false, '', 'ключ', '\ud800', ['a', 1, true, 2n]]

const upper = types.custom<string>({ id: 'upper', version: 3, write: (value, output) => output.writeString(value.toLowerCase()), read: (input) => input.readString().toUpperCase() })
export const EVERYTHING = types.row({
  string: types.string(), boolean: types.boolean(), int: types.int(), long: types.long(), bigint: types.bigint(), float: types.float(), double: types.double(),
  bytes: types.bytes(), timestamp: types.timestamp(), date: types.date(), time: types.time(), decimal: types.decimal(7, 2), enum: types.enumOf('low', 'high'), json: types.json(),
  list: types.list(types.int()), map: types.map(types.string(), types.double()), tuple: types.tuple(types.string(), types.int().nullable()), nullable: types.string().nullable(),
  row: types.row({ n: types.int() }).nullable(), union: types.union(types.row({ kind: types.enumOf('a') }), types.row({ kind: types.enumOf('b'), n: types.int() })), custom: upper, generic: types.generic<unknown>(),
})
export const everything = (n: number): Infer<typeof EVERYTHING> => ({
  string: `s${n} 𝄞`, boolean: n % 2 === 0, int: 0 - n, long: n * 2 ** 40, bigint: BigInt(n) ** 30n, float: n + 0.5, double: n / 3,
  bytes: new Uint8Array([n, 255]), timestamp: n * 1e12, date: n, time: n * 1000, decimal: `${n}.25`, enum: n % 2 === 0 ? 'low' : 'high', json: { n: [n, null] },
  list: [n, n + 1], map: new Map([['k', n]]), tuple: ['t', n % 2 === 0 ? null : n], nullable: n % 2 === 0 ? null : 'x',
  row: n % 2 === 0 ? { n } : null, union: n % 2 === 0 ? { kind: 'a' } : { kind: 'b', n }, custom: 'UP', generic: { at: new Date(n), of: [n, BigInt(n), new Set(['x'])], deep: { map: new Map([[n, undefined]]) } },
})

const TTL = { ttl: { after: '1h' } } as const
const NOW = 1_700_000_000_000
export const states = {
  value: valueState('value', EVERYTHING),
  list: listState('list', types.long()),
  map: mapState('map', types.string(), types.double()),
  reducing: reducingState('reducing', (a: number, b: number) => a + b, types.long()),
  aggregating: aggregatingState(
    'aggregating',
    { createAccumulator: () => ({ n: 0 }), add: (value: number, { n }: { readonly n: number }) => ({ n: n + value }), getResult: ({ n }) => n },
    types.row({ n: types.int() }),
  ),
  expiring: valueState('expiring', types.string(), TTL),
  expiringList: listState('expiring-list', types.int(), TTL),
  expiringMap: mapState('expiring-map', types.int(), types.string(), TTL),
}
const WINDOW: StateDefinition = { name: 'window-contents', kind: 'window', layout: 'namespace', valueType: types.list(types.int()) }

/** Writes everything, in the same order each time. */
export function fill(backend: KeyedStateBackend): void {
  const store = createKeyedStateStore(backend, { now: () => NOW })
  const window = backend.table<readonly number[]>(WINDOW)
  const [event, processing] = [backend.timers('event'), backend.timers('processing')]
  for (const [n, key] of KEYS.entries()) {
    const stateKey = toStateKey(key)
    const keyGroup = keyGroupOf(stateKey, MAX_PARALLELISM)
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    store.state(states.value).update(everything(n))
    store.state(states.list).update([n, n * 2])
    store.state(states.map).put('one', n)
    store.state(states.map).put('two', -n)
    store.state(states.reducing).add(n + 7)
    store.state(states.aggregating).add(n + 8)
    store.state(states.expiring).update(`e${n}`)
    store.state(states.expiringList).update([n])
    store.state(states.expiringMap).put(n, 'm')
    window.put(keyGroup, stateKey, 60_000 * n, [n])
    window.put(keyGroup, stateKey, `session-${n}`, [n, n])
    event.add(1000 + n, keyGroup, stateKey, null)
    event.add(-n, keyGroup, stateKey, 60_000 * n)
    processing.add(n, keyGroup, stateKey, `session-${n}`)
  }
}

/** Changes a filled backend; the function returned changes it back. Between the two, entries of every kind change, come and go. */
export function disturb(backend: KeyedStateBackend): () => void {
  const store = createKeyedStateStore(backend, { now: () => NOW })
  const window = backend.table<readonly number[]>(WINDOW)
  const event = backend.timers('event')
  const at = (n: number): readonly [keyGroup: number, stateKey: StateKey] => {
    const stateKey = toStateKey(KEYS[n] as Key)
    const keyGroup = keyGroupOf(stateKey, MAX_PARALLELISM)
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    return [keyGroup, stateKey]
  }
  for (const n of KEYS.keys()) {
    const [keyGroup, stateKey] = at(n)
    store.state(states.value).update(everything(n + 1))
    if (n % 2 === 0) store.state(states.map).put('three', n)
    else store.state(states.map).clear()
    window.put(keyGroup, stateKey, 30_000, [n])
    event.add(5000, keyGroup, stateKey, null)
    event.remove(1000 + n, keyGroup, stateKey, null)
  }
  return () => {
    for (const cursor = window.drain(30_000); cursor.next(); );
    for (const n of KEYS.keys()) {
      const [keyGroup, stateKey] = at(n)
      store.state(states.value).update(everything(n))
      if (n % 2 === 0) store.state(states.map).remove('three')
      else {
        store.state(states.map).put('one', n)
        store.state(states.map).put('two', -n)
      }
      event.remove(5000, keyGroup, stateKey, null)
      event.add(1000 + n, keyGroup, stateKey, null)
    }
  }
}

/** What `fill` has put there, read through the state API, key by key; undefined for keys of other subtasks. */
export function contents(backend: KeyedStateBackend, { start, end }: KeyGroupRange): readonly unknown[] {
  const store = createKeyedStateStore(backend, { now: () => NOW })
  const window = backend.table<readonly number[]>(WINDOW)
  return KEYS.map((key, n) => {
    const stateKey = toStateKey(key)
    const keyGroup = keyGroupOf(stateKey, MAX_PARALLELISM)
    if (keyGroup < start || keyGroup > end) return undefined
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    return {
      value: store.state(states.value).value(),
      list: [...store.state(states.list).get()],
      map: [...store.state(states.map).entries()],
      sums: [store.state(states.reducing).get(), store.state(states.aggregating).get()],
      expiring: [store.state(states.expiring).value(), ...store.state(states.expiringList).get(), ...store.state(states.expiringMap).entries()],
      windows: [window.get(keyGroup, stateKey, 60_000 * n), window.get(keyGroup, stateKey, `session-${n}`)],
      timers: [
        backend.timers('event').remove(1000 + n, keyGroup, stateKey, null),
        backend.timers('event').remove(-n, keyGroup, stateKey, 60_000 * n),
        backend.timers('processing').remove(n, keyGroup, stateKey, `session-${n}`),
      ],
    }
  })
}

export const expectedContents: readonly unknown[] = KEYS.map((_key, n) => ({
  value: everything(n),
  list: [n, n * 2],
  map: [['one', n], ['two', -n]],
  sums: [n + 7, n + 8],
  expiring: [`e${n}`, n, [n, 'm']],
  windows: [[n], [n, n]],
  timers: [true, true, true],
}))

const positions = { version: 2, serialize: (value: string) => Buffer.from(value), deserialize: (version: number, bytes: Uint8Array) => `${Buffer.from(bytes).toString()} of version ${version}` }

/** List, union, control objects and broadcast state of an operator; `restored` is what it starts from. */
export function operatorState(restored?: Uint8Array) {
  const state = createOperatorState(restored, { uid: 'operator', logger: { debug() {}, info() {}, warn() {}, error() {} } })
  return {
    list: state.list('list', types.row({ n: types.long() }), 'split'),
    union: state.list('union', types.string(), 'union'),
    objects: state.objects('objects', positions, 'split'),
    broadcast: state.broadcast('broadcast', types.string(), types.double()),
    bytes: (): Uint8Array | undefined => state.snapshot(),
  }
}

export function filledOperatorState(): Uint8Array | undefined {
  const { list, union, objects, broadcast, bytes } = operatorState()
  list.update([{ n: 1 }, { n: 2 ** 50 }])
  union.update(['u'])
  objects.update(['position 5'])
  broadcast.put('a', 0.1)
  broadcast.put('b', Number.NEGATIVE_INFINITY)
  return bytes()
}
