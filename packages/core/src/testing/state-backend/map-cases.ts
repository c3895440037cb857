import assert from 'node:assert/strict'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { MapStateTable } from '../../spi/state-table.ts'
import { long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { keyGroup } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

type Table = MapStateTable<string, number>

const openTable = (backend: KeyedStateBackend): Table =>
  backend.mapTable<string, number>({ name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType: string() })

/** Tables of map state. */
export function mapCases(on: BackendCase): void {
  const onTable = (name: string, body: (table: Table, backend: KeyedStateBackend) => void): void =>
    on(`map: ${name}`, async (fixture) => {
      const backend = await fixture.open()
      body(openTable(backend), backend)
    })
  const group = keyGroup('k')

  onTable('entries are there from put to remove', (table) => {
    assert.equal(table.isEmpty(group, 'k', null), true)
    table.put(group, 'k', null, 'a', 1)
    table.put(group, 'k', null, 'b', 2)
    table.put(group, 'k', null, 'a', 3)
    assert.equal(table.get(group, 'k', null, 'a'), 3)
    assert.equal(table.has(group, 'k', null, 'b'), true)
    assert.equal(table.has(group, 'k', null, 'c'), false)
    assert.deepEqual(new Map(table.entries(group, 'k', null)), new Map([['a', 3], ['b', 2]]))
    assert.equal(table.remove(group, 'k', null, 'a'), true)
    assert.equal(table.remove(group, 'k', null, 'a'), false)
    assert.equal(table.isEmpty(group, 'k', null), false)
    table.remove(group, 'k', null, 'b')
    assert.equal(table.isEmpty(group, 'k', null), true)
  })
  onTable('keys and namespaces are apart', (table) => {
    table.put(group, 'k', null, 'a', 1)
    table.put(group, 'k', 5, 'a', 2)
    table.put(keyGroup('other'), 'other', null, 'a', 3)
    assert.equal(table.get(group, 'k', 5, 'a'), 2)
    table.clear(group, 'k', 5)
    assert.deepEqual([...table.entries(group, 'k', 5)], [])
    assert.equal(table.get(group, 'k', null, 'a'), 1)
    assert.deepEqual(new Set(Array.from(table.keys(null), ([, key]) => key)), new Set(['k', 'other']))
    assert.deepEqual([...table.keys(5)], [])
  })
  onTable('entries may be removed while iterating, and the map cleared', (table, backend) => {
    for (let index = 0; index < 50; index++) table.put(group, 'k', null, String(index), index)
    const seen: number[] = []
    for (const [userKey, value] of table.entries(group, 'k', null)) {
      seen.push(value)
      table.remove(group, 'k', null, userKey)
      if (seen.length === 40) table.clear(group, 'k', null)
    }
    assert.equal(seen.length, 40)
    assert.equal(backend.entryCount(), 0)
  })
  onTable('the count of entries returns to 0', (table, backend) => {
    for (let index = 0; index < 10; index++) for (const namespace of [null, 1]) table.put(group, 'k', namespace, String(index), index)
    assert.equal(backend.entryCount(), 20)
    table.clear(group, 'k', 1)
    for (let index = 0; index < 10; index++) table.remove(group, 'k', null, String(index))
    assert.equal(backend.entryCount(), 0)
  })
  on('map: user keys that are objects are equal by value', async (fixture) => {
    const backend = await fixture.open()
    const userKeyType = row({ id: long(), name: string() })
    const table = backend.mapTable<{ id: number; name: string }, number>({ name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType })
    table.put(group, 'k', null, { id: 1, name: 'a' }, 1)
    table.put(group, 'k', null, { id: 1, name: 'a' }, 2)
    table.put(group, 'k', null, { id: 1, name: 'b' }, 3)
    assert.equal(table.get(group, 'k', null, { id: 1, name: 'a' }), 2)
    assert.deepEqual([...table.entries(group, 'k', null)].length, 2)
    assert.equal(table.remove(group, 'k', null, { id: 1, name: 'b' }), true)
    assert.deepEqual([...table.entries(group, 'k', null)], [[{ id: 1, name: 'a' }, 2]])
  })
}
