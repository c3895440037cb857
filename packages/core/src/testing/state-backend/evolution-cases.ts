import assert from 'node:assert/strict'
import type { AggregateFunction } from '../../functions/aggregate-function.ts'
import { aggregatingState, listState, mapState, reducingState, valueState } from '../../functions/state-descriptor.ts'
import { createKeyedStateStore } from '../../runtime/state/keyed-state-store.ts'
import type { KeyedStateReader } from '../../spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import { list } from '../../types/collection-types.ts'
import { double, int, long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import type { Infer } from '../../types/type-information.ts'
import { hasCode } from './assertions.ts'
import { collectSnapshot, keyGroup } from './backend-fixture.ts'
import type { BackendFixture } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'
import { at } from './user-state-cases.ts'

const OLD = row({ id: int(), name: string().nullable(), gone: list(string()), hits: int() })
/** A field added, one removed, one renamed, one wider, one that may be null now, and another order. */
const NEW = row({ total: long(), id: double(), added: string().nullable(), name: string().nullable() }, { renamed: { total: 'hits' } })
const before = (id: number): Infer<typeof OLD> => ({ id, name: id % 2 === 0 ? null : `n${id}`, gone: ['x', 'y'], hits: id * 10 })
const after = (id: number) => ({ total: id * 10, id, added: null, name: id % 2 === 0 ? null : `n${id}` })

const aggregate: AggregateFunction<{ readonly id: number }, Infer<typeof OLD>, unknown> = {
  createAccumulator: () => before(0),
  add: (value) => before(value.id),
  getResult: (accumulator) => accumulator,
}
const WINDOW: StateDefinition = { name: 'window', kind: 'window', layout: 'namespace', valueType: OLD }
const TTL = { ttl: { after: '10ms' } } as const

/** State of another schema than the one the job declares now. */
export function evolutionCases(on: BackendCase): void {
  on('evolution: every kind of state is read under a changed schema, and written under it', async (fixture) => {
    const restored = await fixture.open({ restore: [await oldState(fixture)] })
    const store = createKeyedStateStore(restored, { now: () => 0 })
    const check = (): void => {
      for (let key = 1; key <= 4; key++) {
        at(store, key)
        assert.deepEqual(store.state(valueState('value', NEW)).value(), after(key))
        assert.deepEqual([...store.state(listState('list', NEW)).get()], [after(key), after(key + 1)])
        assert.deepEqual([...store.state(mapState('map', string(), NEW)).entries()], [['k', after(key)]])
        assert.deepEqual(store.state(reducingState('reducing', (_a, b) => b, NEW)).get(), after(key))
        assert.deepEqual(store.state(aggregatingState('aggregating', aggregate as never, NEW)).get(), after(key))
      }
    }
    check()
    const window = restored.table({ ...WINDOW, valueType: NEW })
    assert.deepEqual([...window.scan(7)].map(([, , value]) => value), [after(1)])
    const again = await fixture.open({ restore: [collectSnapshot(restored.snapshot(2))] })
    assert.deepEqual(createdStore(again), after(3))
    assert.deepEqual(again.table({ ...WINDOW, valueType: NEW }).get(keyGroup(1), 1, 7), after(1))
    check()
  })
  on('evolution: together with a ttl that is new', async (fixture) => {
    let nowMs = 100
    const restored = await fixture.open({ restore: [await oldState(fixture)] })
    const store = createKeyedStateStore(restored, { now: () => nowMs })
    const value = store.state(valueState('value', NEW, TTL))
    const items = store.state(listState('list', NEW, TTL))
    at(store, 2)
    assert.deepEqual(value.value(), after(2))
    assert.deepEqual([...items.get()], [after(2), after(3)])
    nowMs = 110
    assert.equal(value.value(), undefined)
    assert.deepEqual([...items.get()], [])
  })
  on('evolution: what would lose values is refused, with both schemas', async (fixture) => {
    const backend = await fixture.open({ restore: [await oldState(fixture)] })
    const store = createKeyedStateStore(backend, { now: () => 0 })
    const refused = hasCode('STATE_INCOMPATIBLE', "'value'", 'row(id int, name string?', 'row(id int, name string, hits int)')
    assert.throws(() => store.state(valueState('value', row({ id: int(), name: string(), hits: int() }))), refused)
    assert.throws(() => store.state(valueState('value', row({ id: int(), added: string() }))), hasCode('STATE_INCOMPATIBLE', 'added string'))
    assert.throws(() => store.state(listState('value', string())), hasCode('STATE_INCOMPATIBLE', 'list of'))
    assert.throws(() => backend.table({ ...WINDOW, valueType: row({ hits: string() }) }), hasCode('STATE_INCOMPATIBLE', "'window'"))
    assert.throws(() => store.state(mapState('map', long(), NEW)), hasCode('STATE_INCOMPATIBLE', 'string → row'))
  })
}

async function oldState(fixture: BackendFixture): Promise<KeyedStateReader> {
  const backend = await fixture.open()
  const store = createKeyedStateStore(backend, { now: () => 0 })
  for (let key = 1; key <= 4; key++) {
    at(store, key)
    store.state(valueState('value', OLD)).update(before(key))
    store.state(listState('list', OLD)).update([before(key), before(key + 1)])
    store.state(mapState('map', string(), OLD)).put('k', before(key))
    store.state(reducingState('reducing', (_a, b) => b, OLD)).add(before(key))
    store.state(aggregatingState('aggregating', aggregate, OLD)).add(before(key))
  }
  backend.table(WINDOW).put(keyGroup(1), 1, 7, before(1))
  return collectSnapshot(backend.snapshot(1))
}

function createdStore(backend: Parameters<typeof createKeyedStateStore>[0]): unknown {
  const store = createKeyedStateStore(backend, { now: () => 0 })
  at(store, 3)
  return store.state(valueState('value', NEW)).value()
}
