import assert from 'node:assert/strict'
import type { AggregateFunction } from '../../functions/aggregate-function.ts'
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../functions/state-descriptor.ts'
import { createKeyedStateStore } from '../../runtime/state/keyed-state-store.ts'
import type { KeyedStateStore } from '../../runtime/state/keyed-state-store.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import { double, long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { hasCode } from './assertions.ts'
import { collectSnapshot, keyGroup } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

interface MeanAccumulator {
  sum: number
  count: number
}

const mean: AggregateFunction<number, MeanAccumulator, number> = {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  add(value, accumulator) {
    accumulator.sum += value
    accumulator.count++
    return accumulator
  },
  getResult: ({ sum, count }) => sum / count,
}
const maximum: AggregateFunction<number, number, number> = { createAccumulator: () => -Infinity, add: Math.max, getResult: (accumulator) => accumulator }

const states = {
  value: valueState('value', string()),
  list: listState('list', long()),
  map: mapState('map', string(), long()),
  sum: reducingState('sum', (a: number, b: number) => a + b, long()),
  mean: aggregatingState('mean', mean, row({ sum: double(), count: long() })),
  max: aggregatingState('max', maximum, double()),
}

export function at(store: KeyedStateStore, key: StateKey, namespace: number | string | null = null): void {
  store.currentKey = key
  store.currentKeyGroup = keyGroup(key)
  store.currentNamespace = namespace
}

/** The states that user code sees, over the backend's tables. */
export function userStateCases(on: BackendCase): void {
  const onStore = (name: string, body: (store: KeyedStateStore, backend: KeyedStateBackend) => void): void =>
    on(`user state: ${name}`, async (fixture) => {
      const backend = await fixture.open()
      body(createKeyedStateStore(backend, { now: () => 0 }), backend)
    })

  onStore('value', (store, backend) => {
    const value = store.state(states.value)
    for (const key of ['a', 'b']) {
      at(store, key)
      assert.equal(value.value(), undefined)
      value.update(`of ${key}`)
    }
    at(store, 'a')
    assert.equal(value.value(), 'of a')
    assert.throws(() => value.update(undefined as unknown as string), hasCode('STATE_UNDEFINED_VALUE', "'value'"))
    value.clear()
    assert.equal(value.value(), undefined)
    at(store, 'b')
    assert.equal(value.value(), 'of b')
    value.clear()
    assert.equal(backend.entryCount(), 0)
  })
  onStore('list', (store, backend) => {
    const list = store.state(states.list)
    at(store, 'a')
    assert.deepEqual(list.get(), [])
    list.addAll([])
    list.add(1)
    list.addAll([2, 3])
    const seen = list.get()
    list.add(4)
    assert.deepEqual(seen, [1, 2, 3], 'what was handed out does not change')
    assert.deepEqual(list.get(), [1, 2, 3, 4])
    list.update([9])
    assert.deepEqual(list.get(), [9])
    assert.throws(() => list.addAll([1, undefined as unknown as number]), hasCode('STATE_UNDEFINED_VALUE', "'list'"))
    assert.deepEqual(list.get(), [9])
    at(store, 'b')
    assert.deepEqual(list.get(), [])
    at(store, 'a')
    list.update([])
    assert.equal(backend.entryCount(), 0)
  })
  onStore('map', (store, backend) => {
    const map = store.state(states.map)
    at(store, 'a')
    assert.equal(map.isEmpty(), true)
    map.put('x', 1)
    map.put('y', 2)
    map.put('x', 3)
    assert.deepEqual(new Map(map.entries()), new Map([['x', 3], ['y', 2]]))
    assert.deepEqual(new Set(map.keys()), new Set(['x', 'y']))
    assert.deepEqual(new Set(map.values()), new Set([3, 2]))
    assert.equal(map.has('y'), true)
    map.remove('y')
    assert.equal(map.get('y'), undefined)
    at(store, 'b')
    assert.equal(map.has('x'), false)
    at(store, 'a')
    map.clear()
    assert.equal(backend.entryCount(), 0)
  })
  onStore('reducing and aggregating, with accumulators changed in place and replaced', (store, backend) => {
    const [sum, average, max] = [store.state(states.sum), store.state(states.mean), store.state(states.max)]
    for (const [key, value] of [['a', 1], ['b', 10], ['a', 2], ['a', 3], ['b', 20]] as const) {
      at(store, key)
      for (const state of [sum, average, max]) state.add(value)
    }
    assert.deepEqual([sum.get(), average.get(), max.get()], [30, 15, 20])
    at(store, 'a')
    assert.deepEqual([sum.get(), average.get(), max.get()], [6, 2, 3])
    at(store, 'c')
    assert.deepEqual([sum.get(), average.get(), max.get()], [undefined, undefined, undefined])
    for (const key of ['a', 'b']) {
      at(store, key)
      for (const state of [sum, average, max]) state.clear()
    }
    assert.equal(backend.entryCount(), 0)
  })
  onStore('namespaces are apart', (store) => {
    const value = store.state(states.value)
    for (const namespace of [null, 0, 'w']) {
      at(store, 'a', namespace)
      value.update(String(namespace))
    }
    at(store, 'a', 0)
    value.clear()
    at(store, 'a', 'w')
    assert.equal(value.value(), 'w')
  })
  onStore('the keys that have a state can be visited, and each changed', (store) => {
    const [value, map] = [store.state(states.value), store.state(states.map)]
    for (let key = 0; key < 100; key++) {
      at(store, key)
      value.update('x')
      map.put('x', key)
    }
    let visited = 0
    for (const [group, key] of store.keysOf(states.value)) {
      assert.equal(group, keyGroup(key))
      at(store, key)
      value.clear()
      visited++
    }
    assert.equal(visited, 100)
    assert.deepEqual([...store.keysOf(states.value)], [])
    assert.equal([...store.keysOf(states.map)].length, 100)
  })
  onStore('one name is one state', (store) => {
    assert.equal(store.state(states.value), store.state(valueState('value', string())))
    assert.throws(() => store.state(valueState('value', long())), hasCode('STATE_CONFLICT', 'string', 'long'))
    assert.throws(() => store.state(listState('value', string())), hasCode('STATE_CONFLICT', 'value', 'list'))
    assert.throws(() => store.state(mapState('value', string(), string())), hasCode('STATE_CONFLICT', 'map'))
    assert.throws(() => store.state(valueState('value', string(), { ttl: { after: '1s' } })), hasCode('STATE_CONFLICT', 'no ttl', '1s'))
  })
  on('user state: survives a restore, changes after the barrier left out', async (fixture) => {
    const backend = await fixture.open()
    const store = createKeyedStateStore(backend, { now: () => 0 })
    const write = (added: number): void => {
      store.state(states.value).update(`v${added}`)
      store.state(states.list).add(added)
      store.state(states.map).put(`k${added}`, added)
      for (const state of [store.state(states.sum), store.state(states.mean), store.state(states.max)]) state.add(added)
    }
    at(store, 'a')
    write(1)
    write(2)
    const snapshot = backend.snapshot(1)
    write(100)
    store.state(states.map).remove('k1')
    const restored = createKeyedStateStore(await fixture.open({ restore: [collectSnapshot(snapshot)] }), { now: () => 0 })
    at(restored, 'a')
    assert.equal(restored.state(states.value).value(), 'v2')
    assert.deepEqual(restored.state(states.list).get(), [1, 2])
    assert.deepEqual(new Map(restored.state(states.map).entries()), new Map([['k1', 1], ['k2', 2]]))
    assert.deepEqual([restored.state(states.sum).get(), restored.state(states.mean).get(), restored.state(states.max).get()], [3, 1.5, 2])
    assert.equal(store.state(states.sum).get(), 103)
  })
}
