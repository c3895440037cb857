import assert from 'node:assert/strict'
import { mergedReader } from '../../runtime/checkpoint/merged-reader.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { MapStateTable, StateTable } from '../../spi/state-table.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'
import { long } from '../../types/number-types.ts'
import { string } from '../../types/simple-types.ts'
import type { BackendCase } from './backend-case.ts'
import { ALL_KEY_GROUPS, collectSnapshot } from './backend-fixture.ts'
import type { BackendFixture, CollectedSnapshot } from './backend-fixture.ts'

interface Parts {
  readonly backend: KeyedStateBackend
  readonly values: StateTable<number>
  readonly windows: StateTable<number>
  readonly map: MapStateTable<string, number>
  readonly timers: TimerQueue
}

const KEYS = 1000
const WINDOW = 60_000

async function opened(fixture: BackendFixture, restore?: readonly CollectedSnapshot[]): Promise<Parts> {
  const backend = await fixture.open({ incremental: true, ...(restore === undefined ? {} : { restore: [mergedReader(restore, ALL_KEY_GROUPS)] }) })
  return {
    backend,
    values: backend.table({ name: 'values', kind: 'value', layout: 'key', valueType: long() }),
    windows: backend.table({ name: 'windows', kind: 'window', layout: 'namespace', valueType: long() }),
    map: backend.mapTable({ name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType: string() }),
    timers: backend.timers('event'),
  }
}

const groupOf = (key: number): number => key % 128

function fill({ values, windows, map, timers }: Parts): void {
  for (let key = 0; key < KEYS; key++) {
    values.put(groupOf(key), key, null, key)
    windows.put(groupOf(key), key, WINDOW, key)
    map.put(groupOf(key), key, null, 'a', key)
    map.put(groupOf(key), key, null, 'b', key)
    timers.add(key, groupOf(key), key, null)
  }
}

/** A backend may answer with a full snapshot when it holds too little memory to tell what changed. */
function chain(full: CollectedSnapshot, next: CollectedSnapshot): readonly CollectedSnapshot[] {
  return next.since === undefined ? [next] : [full, next]
}

/** Snapshots that hold only what changed since an earlier one. */
export function incrementalCases(on: BackendCase): void {
  on('a snapshot of changes holds them and nothing else', async (fixture) => {
    const parts = await opened(fixture)
    fill(parts)
    const full = collectSnapshot(parts.backend.snapshot(1), undefined, 1)
    assert.equal(full.since, undefined)
    assert.equal(full.entries, 5 * KEYS)
    for (let key = 0; key < 10; key++) parts.values.put(groupOf(key), key, null, -1)
    parts.map.put(groupOf(20), 20, null, 'b', -1)
    parts.timers.add(5000, groupOf(20), 20, null)
    const changes = collectSnapshot(parts.backend.snapshot(2, 1), undefined, 2)
    assert.equal(changes.since, 1)
    assert.equal(changes.entries, 12)
    assert.ok(changes.bytes < full.bytes / 50, `${changes.bytes} of ${full.bytes} bytes`)
    assert.equal(collectSnapshot(parts.backend.snapshot(3, 2), undefined, 3).bytes, 0)
  })
  on('what was removed is gone after a restore: values, map entries, maps, fired windows, timers', async (fixture) => {
    const parts = await opened(fixture)
    fill(parts)
    const full = collectSnapshot(parts.backend.snapshot(1), undefined, 1)
    parts.values.remove(groupOf(1), 1, null)
    parts.map.remove(groupOf(2), 2, null, 'a')
    parts.map.clear(groupOf(3), 3, null)
    for (const cursor = parts.windows.drain(WINDOW); cursor.next(); );
    parts.windows.put(groupOf(4), 4, WINDOW, 44)
    while (parts.timers.poll(499));
    parts.timers.remove(700, groupOf(700), 700, null)
    const changes = collectSnapshot(parts.backend.snapshot(2, 1), undefined, 2)
    const restored = await opened(fixture, chain(full, changes))
    assert.equal(restored.values.get(groupOf(1), 1, null), undefined)
    assert.equal(restored.values.get(groupOf(2), 2, null), 2)
    assert.deepEqual([...restored.map.entries(groupOf(2), 2, null)], [['b', 2]])
    assert.ok(restored.map.isEmpty(groupOf(3), 3, null))
    assert.deepEqual([...restored.windows.scan(WINDOW)], [[groupOf(4), 4, 44]])
    assert.equal(restored.timers.size, 499)
    assert.equal(restored.timers.peek(), 500)
    assert.equal(restored.backend.entryCount(), parts.backend.entryCount())
  })
  on('changes of a checkpoint that did not complete are in the next one', async (fixture) => {
    const parts = await opened(fixture)
    fill(parts)
    const full = collectSnapshot(parts.backend.snapshot(1), undefined, 1)
    parts.values.put(groupOf(1), 1, null, 100)
    parts.values.remove(groupOf(2), 2, null)
    // one that is written and never completes, and one that is given up before it is
    collectSnapshot(parts.backend.snapshot(2, 1), undefined, 2)
    parts.values.put(groupOf(3), 3, null, 300)
    parts.backend.snapshot(3, 1).release()
    parts.values.put(groupOf(4), 4, null, 400)
    const changes = collectSnapshot(parts.backend.snapshot(4, 1), undefined, 4)
    const { values } = await opened(fixture, chain(full, changes))
    assert.deepEqual([1, 2, 3, 4, 5].map((key) => values.get(groupOf(key), key, null)), [100, undefined, 300, 400, 5])
  })
  on('after a restore, and for a checkpoint it does not know, a snapshot is full', async (fixture) => {
    const parts = await opened(fixture)
    fill(parts)
    const full = collectSnapshot(parts.backend.snapshot(1), undefined, 1)
    assert.equal(parts.backend.snapshot(2, 99).since, undefined)
    const restored = await opened(fixture, [full])
    const first = collectSnapshot(restored.backend.snapshot(2, 1), undefined, 2)
    assert.equal(first.since, undefined)
    assert.equal(first.entries, 5 * KEYS)
  })
  on('a full snapshot in between, such as a savepoint, holds everything and spoils nothing', async (fixture) => {
    const parts = await opened(fixture)
    fill(parts)
    const full = collectSnapshot(parts.backend.snapshot(1), undefined, 1)
    parts.values.put(groupOf(1), 1, null, 100)
    const savepoint = collectSnapshot(parts.backend.snapshot(2))
    assert.equal(savepoint.entries, 5 * KEYS)
    parts.values.put(groupOf(2), 2, null, 200)
    const next = collectSnapshot(parts.backend.snapshot(3, 1), undefined, 3)
    const { values } = await opened(fixture, chain(full, next))
    assert.deepEqual([1, 2, 3].map((key) => values.get(groupOf(key), key, null)), [100, 200, 3])
  })
}
