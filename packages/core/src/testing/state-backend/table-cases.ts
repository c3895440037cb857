import assert from 'node:assert/strict'
import type { KeyedStateBackend, Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import type { StateTable } from '../../spi/state-table.ts'
import { long } from '../../types/number-types.ts'
import { string } from '../../types/simple-types.ts'
import { toStateKey } from '../../types/state-key.ts'
import { hasCode } from './assertions.ts'
import { keyGroup } from './backend-fixture.ts'
import type { BackendFixture } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

const numbers = (layout: StateDefinition['layout'], name = 'numbers'): StateDefinition => ({ name, kind: 'value', layout, valueType: long() })

/** Tables of one value per (key, namespace), in both layouts. */
export function tableCases(on: BackendCase): void {
  for (const layout of ['key', 'namespace'] as const) {
    const onTable = (name: string, body: (table: StateTable<number>, backend: KeyedStateBackend) => void): void =>
      on(`layout ${layout}: ${name}`, async (fixture: BackendFixture) => {
        const backend = await fixture.open()
        body(backend.table<number>(numbers(layout)), backend)
      })
    const put = (table: StateTable<number>, key: StateKey, namespace: Namespace, value: number): void => table.put(keyGroup(key), key, namespace, value)

    onTable('a value is there from put to remove', (table) => {
      assert.equal(table.get(keyGroup('a'), 'a', null), undefined)
      put(table, 'a', null, 1)
      put(table, 'a', null, 2)
      assert.equal(table.get(keyGroup('a'), 'a', null), 2)
      table.remove(keyGroup('a'), 'a', null)
      table.remove(keyGroup('a'), 'a', null)
      assert.equal(table.get(keyGroup('a'), 'a', null), undefined)
    })
    onTable('keys of different types are different keys', (table) => {
      const keys: StateKey[] = [1, '1', 1n, true, 'true', toStateKey(['1']), toStateKey([1])]
      for (const [index, key] of keys.entries()) put(table, key, null, index)
      for (const [index, key] of keys.entries()) assert.equal(table.get(keyGroup(key), key, null), index)
    })
    onTable('namespaces of a key are apart', (table) => {
      const namespaces: Namespace[] = [null, 0, 1, '1', '']
      for (const [index, namespace] of namespaces.entries()) put(table, 'a', namespace, index)
      for (const [index, namespace] of namespaces.entries()) assert.equal(table.get(keyGroup('a'), 'a', namespace), index)
      assert.deepEqual(new Set(table.namespacesOf(keyGroup('a'), 'a')), new Set(namespaces))
      table.remove(keyGroup('a'), 'a', 1)
      assert.deepEqual(new Set(table.namespaces()), new Set([null, 0, '1', '']))
      assert.deepEqual([...table.namespacesOf(keyGroup('b'), 'b')], [])
    })
    onTable('scan visits one namespace and leaves it', (table, backend) => {
      for (let key = 0; key < 1000; key++) for (const namespace of [null, 5]) put(table, key, namespace, key)
      const found = [...table.scan(5)]
      assert.deepEqual(found.map(([, key]) => key).sort(byNumber), Array.from({ length: 1000 }, (_, key) => key))
      assert.ok(found.every(([group, key, value]) => group === keyGroup(key) && value === key))
      assert.equal(backend.entryCount(), 2000)
    })
    onTable('entries already passed may be removed during a scan', (table) => {
      for (let key = 0; key < 100; key++) put(table, key, null, key)
      let visited = 0
      for (const [group, key] of table.scan(null)) {
        visited++
        table.remove(group, key, null)
      }
      assert.equal(visited, 100)
      assert.deepEqual([...table.namespaces()], [])
    })
    onTable('drain empties one namespace and no other', (table, backend) => {
      for (let key = 0; key < 1000; key++) for (const namespace of [1, 2]) put(table, key, namespace, key)
      const cursor = table.drain(1)
      const sum = new Set<number>()
      while (cursor.next()) {
        assert.equal(cursor.keyGroup, keyGroup(cursor.key))
        assert.equal(cursor.value, cursor.key)
        sum.add(cursor.value)
      }
      assert.equal(cursor.next(), false)
      assert.equal(sum.size, 1000)
      assert.deepEqual([...table.namespaces()], [2])
      assert.equal(backend.entryCount(), 1000)
    })
    onTable('a drain given up half-way leaves the rest, without what was passed', (table, backend) => {
      for (let key = 0; key < 500; key++) put(table, key, 1, key)
      const cursor = table.drain(1)
      const passed = new Set<StateKey>()
      for (let left = 123; left > 0; left--) {
        assert.ok(cursor.next())
        passed.add(cursor.key)
      }
      for (let key = 0; key < 500; key++) assert.equal(table.get(keyGroup(key), key, 1), passed.has(key) ? undefined : key)
      assert.equal([...table.scan(1)].length, 377)
      assert.equal(backend.entryCount(), 377)
    })
    onTable('a namespace is gone with the last entry passed, whether or not the drain learns of its end', (table, backend) => {
      for (let key = 0; key < 50; key++) put(table, key, 1, key)
      const cursor = table.drain(1)
      for (let left = 50; left > 0; left--) assert.ok(cursor.next())
      assert.deepEqual([...table.namespaces()], [])
      assert.equal(backend.entryCount(), 0)
      put(table, 3, 1, 33)
      assert.deepEqual([...table.scan(1)], [[keyGroup(3), 3, 33]])
    })
    onTable('a drain goes on after reads, writes and another drain of the same namespace', (table) => {
      for (let key = 0; key < 500; key++) put(table, key, 1, key)
      const first = table.drain(1)
      const seen: StateKey[] = []
      for (let left = 50; left > 0; left--) if (first.next()) seen.push(first.key)
      const again = seen[0] as StateKey
      put(table, again, 1, -1)
      assert.equal(table.get(keyGroup(again), again, 1), -1)
      const second = table.drain(1)
      while (first.next() && second.next()) {
        for (const { key } of [first, second]) assert.equal(table.get(keyGroup(key), key, 1), undefined)
        seen.push(first.key, second.key)
      }
      seen.push(first.key)
      while (first.next()) seen.push(first.key)
      while (second.next()) seen.push(second.key)
      assert.equal(new Set(seen).size, 500)
      assert.deepEqual([...table.scan(1)], [])
    })
    onTable('draining an empty namespace is over at once', (table) => assert.equal(table.drain(7).next(), false))
    onTable('the count of entries returns to 0', (table, backend) => {
      for (let key = 0; key < 300; key++) put(table, key, key % 3, key)
      assert.equal(backend.entryCount(), 300)
      for (let key = 0; key < 300; key += 3) table.remove(keyGroup(key), key, 0)
      for (const namespace of [1, 2]) for (const cursor = table.drain(namespace); cursor.next(); );
      assert.equal(backend.entryCount(), 0)
      assert.deepEqual([...table.namespaces()], [])
    })
  }

  on('a name is the same table again, and never another one', async (fixture) => {
    const backend = await fixture.open()
    assert.equal(backend.table(numbers('key')), backend.table(numbers('key')))
    assert.equal(backend.timers('event'), backend.timers('event'))
    const others: StateDefinition[] = [numbers('namespace'), { ...numbers('key'), kind: 'reducing' }, { ...numbers('key'), valueType: string() }]
    for (const definition of others) assert.throws(() => backend.table(definition), hasCode('STATE_CONFLICT', "'numbers'"))
    const map: StateDefinition = { ...numbers('key'), kind: 'map', userKeyType: string() }
    assert.throws(() => backend.mapTable(map), hasCode('STATE_CONFLICT', 'value of long', 'map of string → long'))
  })
  on('refuses a key group of another subtask', async (fixture) => {
    const backend = await fixture.open({ keyGroupRange: { start: 10, end: 19 } })
    const table = backend.table<number>(numbers('key'))
    for (const group of [9, 20]) assert.throws(() => table.put(group, 'a', null, 1), hasCode('STATE_WRONG_KEY_GROUP', '10 to 19', String(group)))
    assert.throws(() => backend.timers('event').add(0, 9, 'a', null), hasCode('STATE_WRONG_KEY_GROUP', '9'))
  })
}

const byNumber = (a: StateKey, b: StateKey): number => Number(a) - Number(b)
