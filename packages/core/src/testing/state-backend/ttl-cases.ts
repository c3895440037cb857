import assert from 'node:assert/strict'
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../functions/state-descriptor.ts'
import type { StateOptions } from '../../functions/state-descriptor.ts'
import { createKeyedStateStore } from '../../runtime/state/keyed-state-store.ts'
import type { KeyedStateStore } from '../../runtime/state/keyed-state-store.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import { long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { hasCode } from './assertions.ts'
import { collectSnapshot } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'
import { at } from './user-state-cases.ts'

const onWrite: StateOptions = { ttl: { after: '100ms' } }
const onReadAndWrite: StateOptions = { ttl: { after: '100ms', update: 'readAndWrite' } }
const count = { createAccumulator: () => 0, add: (_value: number, accumulator: number) => accumulator + 1, getResult: (accumulator: number) => accumulator }
const countInPlace = {
  createAccumulator: () => ({ n: 0 }),
  add(_value: number, accumulator: { n: number }) {
    accumulator.n++
    return accumulator
  },
  getResult: ({ n }: { n: number }) => n,
}

interface Clocked {
  readonly backend: KeyedStateBackend
  readonly store: KeyedStateStore
  readonly clock: { nowMs: number }
}

/** Time to live, in virtual time. */
export function ttlCases(on: BackendCase): void {
  const onClock = (name: string, body: (clocked: Clocked) => void): void =>
    on(`ttl: ${name}`, async (fixture) => {
      const clock = { nowMs: 1000 }
      const backend = await fixture.open({ now: () => clock.nowMs })
      const store = createKeyedStateStore(backend, { now: () => clock.nowMs })
      at(store, 'a')
      body({ backend, store, clock })
    })

  onClock('a value expires that long after its last write, and is removed when asked for', ({ backend, store, clock }) => {
    const value = store.state(valueState('value', long(), onWrite))
    value.update(1)
    clock.nowMs += 60
    value.update(2)
    clock.nowMs += 99
    assert.equal(value.value(), 2)
    clock.nowMs += 1
    assert.equal(backend.entryCount(), 1)
    assert.equal(value.value(), undefined)
    assert.equal(backend.entryCount(), 0)
  })
  onClock('reading prolongs it if asked to', ({ store, clock }) => {
    const value = store.state(valueState('value', long(), onReadAndWrite))
    const map = store.state(mapState('map', string(), long(), onReadAndWrite))
    const list = store.state(listState('list', long(), onReadAndWrite))
    value.update(1)
    map.put('x', 1)
    list.add(1)
    for (let step = 0; step < 5; step++) {
      clock.nowMs += 90
      assert.deepEqual([value.value(), map.get('x'), list.get()], [1, 1, [1]])
    }
    clock.nowMs += 100
    assert.deepEqual([value.value(), map.get('x'), list.get()], [undefined, undefined, []])
  })
  onClock('accumulators start again', ({ store, clock }) => {
    const sum = store.state(reducingState('sum', (a: number, b: number) => a + b, long(), onWrite))
    const counted = store.state(aggregatingState('count', count, long(), onWrite))
    for (const advance of [0, 99, 99, 100]) {
      clock.nowMs += advance
      sum.add(1)
      counted.add(1)
    }
    assert.deepEqual([sum.get(), counted.get()], [1, 1])
  })
  onClock('an accumulator changed in place lives on from its last change', ({ store, clock }) => {
    const state = store.state(aggregatingState('counted in place', countInPlace, row({ n: long() }), onWrite))
    for (let step = 0; step < 4; step++) {
      state.add(1)
      clock.nowMs += 60
    }
    assert.equal(state.get(), 4)
    clock.nowMs += 40
    assert.equal(state.get(), undefined)
  })
  onClock('list elements and map entries expire one by one', ({ backend, store, clock }) => {
    const list = store.state(listState('list', long(), onWrite))
    const map = store.state(mapState('map', string(), long(), onWrite))
    for (const element of [1, 2, 3]) {
      list.add(element)
      map.put(`k${element}`, element)
      clock.nowMs += 40
    }
    assert.deepEqual(list.get(), [2, 3])
    assert.deepEqual([...map.values()].sort(), [2, 3])
    assert.equal(map.has('k1'), false)
    list.add(4)
    assert.deepEqual(list.get(), [2, 3, 4])
    clock.nowMs += 99
    assert.deepEqual(list.get(), [4])
    assert.equal(map.isEmpty(), true)
    clock.nowMs += 1
    assert.deepEqual(list.get(), [])
    assert.equal(backend.entryCount(), 0)
  })
  onClock('what nobody asks for again is removed bit by bit', ({ backend, store, clock }) => {
    const value = store.state(valueState('value', long(), onWrite))
    const list = store.state(listState('list', long(), onWrite))
    const map = store.state(mapState('map', string(), long(), onWrite))
    for (let key = 0; key < 100; key++) {
      at(store, key)
      value.update(key)
      list.add(key)
      map.put('x', key)
    }
    clock.nowMs += 200
    at(store, 'busy')
    for (let step = 0; step < 200; step++) {
      value.update(step)
      list.update([])
      list.add(step)
      map.put('x', step)
    }
    assert.equal(backend.entryCount(), 3)
  })
  onClock('must be some time', ({ store }) => {
    assert.throws(() => store.state(valueState('value', long(), { ttl: { after: '0ms' } })), hasCode('STATE_INVALID_TTL', '0ms'))
  })
  for (const [before, after] of [[onWrite, onWrite], [onWrite, {}], [{}, onWrite]] as const) {
    const describe = (options: StateOptions): string => (options.ttl === undefined ? 'none' : options.ttl.after)
    on(`ttl: restored from ${describe(before)} to ${describe(after)}`, async (fixture) => {
      const write = (store: KeyedStateStore): void => {
        at(store, 'a')
        store.state(valueState('value', long(), before)).update(1)
        store.state(listState('list', long(), before)).addAll([1, 2])
        store.state(mapState('map', string(), long(), before)).put('x', 1)
      }
      const read = (store: KeyedStateStore): unknown[] => {
        at(store, 'a')
        const map = store.state(mapState('map', string(), long(), after))
        return [store.state(valueState('value', long(), after)).value(), store.state(listState('list', long(), after)).get(), [...map.entries()]]
      }
      const backend = await fixture.open()
      write(createKeyedStateStore(backend, { now: () => 1000 }))
      const clock = { nowMs: 1060 }
      const now = (): number => clock.nowMs
      const store = createKeyedStateStore(await fixture.open({ restore: [collectSnapshot(backend.snapshot(1))], now }), { now })
      assert.deepEqual(read(store), [1, [1, 2], [['x', 1]]])
      clock.nowMs = 1120
      const livesOn = before.ttl === undefined || after.ttl === undefined
      assert.deepEqual(read(store), livesOn ? [1, [1, 2], [['x', 1]]] : [undefined, [], []])
      clock.nowMs = 1160
      assert.deepEqual(read(store), after.ttl === undefined ? [1, [1, 2], [['x', 1]]] : [undefined, [], []])
    })
  }
}
