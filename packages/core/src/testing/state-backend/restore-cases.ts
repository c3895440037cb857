import assert from 'node:assert/strict'
import type { KeyedStateReader } from '../../spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../types/key-group.ts'
import { int, long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { hasCode } from './assertions.ts'
import { collectSnapshot, keyGroup, MAX_PARALLELISM } from './backend-fixture.ts'
import type { BackendFixture } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

const KEYS = 1000
const VALUES: StateDefinition = { name: 'values', kind: 'value', layout: 'key', valueType: long() }
const MAP: StateDefinition = { name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType: string() }

/** Restoring at another parallelism, and into changed operators. */
export function restoreCases(on: BackendCase): void {
  for (const [from, to] of [[4, 2], [2, 4], [2, 2], [15, 77], [77, 15]] as const) {
    on(`restore: from ${from} subtasks into ${to}`, async (fixture) => {
      const readers = await snapshotsOf(fixture, from)
      let entries = 0
      for (let subtask = 0; subtask < to; subtask++) {
        const keyGroupRange = computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, to, subtask)
        const backend = await fixture.open({ keyGroupRange, restore: readers })
        const values = backend.table<number>(VALUES)
        const map = backend.mapTable<string, number>(MAP)
        const timers = backend.timers('event')
        for (let key = 0; key < KEYS; key++) {
          const group = keyGroup(key)
          if (group < keyGroupRange.start || group > keyGroupRange.end) continue
          assert.equal(values.get(group, key, null), key)
          assert.equal(map.get(group, key, 1, 'x'), key * 2)
          assert.equal(timers.remove(key, group, key, null), true)
          entries += 3
        }
        assert.equal(timers.size, 0)
      }
      assert.equal(entries, 3 * KEYS)
    })
  }
  on('restore: states in another order, and new ones beside them', async (fixture) => {
    const restore = await snapshotsOf(fixture, 1)
    const backend = await fixture.open({ restore })
    const added = backend.table<number>({ ...VALUES, name: 'added' })
    assert.equal(backend.mapTable<string, number>(MAP).get(keyGroup(5), 5, 1, 'x'), 10)
    assert.equal(backend.table<number>(VALUES).get(keyGroup(5), 5, null), 5)
    assert.equal(added.get(keyGroup(5), 5, null), undefined)
    assert.equal(backend.timers('event').size, KEYS)
  })
  on('restore: into the other layout', async (fixture) => {
    const backend = await fixture.open({ restore: await snapshotsOf(fixture, 1) })
    assert.equal([...backend.table<number>({ ...VALUES, layout: 'namespace' }).scan(null)].length, KEYS)
  })
  on('restore: what nobody registers is named, and not in the next snapshot', async (fixture) => {
    const backend = await fixture.open({ restore: await snapshotsOf(fixture, 1) })
    backend.table<number>(VALUES)
    assert.deepEqual(backend.unclaimedStates?.(), ['map', 'timer event'])
    const again = await fixture.open({ restore: [collectSnapshot(backend.snapshot(2))] })
    assert.deepEqual(again.unclaimedStates?.(), ['values'])
    assert.equal(again.table<number>(VALUES).get(keyGroup(7), 7, null), 7)
    assert.deepEqual(again.unclaimedStates?.(), [])
  })
  on('restore: a changed type is refused, with both described', async (fixture) => {
    const restore = await snapshotsOf(fixture, 1)
    const backend = await fixture.open({ restore })
    const changed: StateDefinition = { ...VALUES, valueType: row({ count: int() }) }
    assert.throws(() => backend.table(changed), hasCode('STATE_INCOMPATIBLE', "'values'", 'value of long', 'row(count int)'))
    assert.throws(() => backend.table({ ...VALUES, kind: 'reducing' }), hasCode('STATE_INCOMPATIBLE', 'reducing'))
    assert.throws(() => backend.mapTable({ ...MAP, userKeyType: long() }), hasCode('STATE_INCOMPATIBLE', 'string → long', 'long → long'))
    const { schema, serializer } = long()
    const otherSerializer: StateDefinition = { ...VALUES, valueType: { schema, serializer: { ...serializer, version: 99 } } }
    assert.throws(() => backend.table(otherSerializer), hasCode('STATE_INCOMPATIBLE', 'v99'))
  })
}

async function snapshotsOf(fixture: BackendFixture, parallelism: number): Promise<KeyedStateReader[]> {
  const readers: KeyedStateReader[] = []
  for (let subtask = 0; subtask < parallelism; subtask++) {
    const keyGroups = computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, parallelism, subtask)
    const backend = await fixture.open({ keyGroupRange: keyGroups })
    const values = backend.table<number>(VALUES)
    const map = backend.mapTable<string, number>(MAP)
    for (let key = 0; key < KEYS; key++) {
      const group = keyGroup(key)
      if (group < keyGroups.start || group > keyGroups.end) continue
      values.put(group, key, null, key)
      map.put(group, key, 1, 'x', key * 2)
      backend.timers('event').add(key, group, key, null)
    }
    readers.push({ ...collectSnapshot(backend.snapshot(1)), keyGroups })
  }
  return readers
}
