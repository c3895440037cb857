import assert from 'node:assert/strict'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { KeyedStateReader, KeyedStateSnapshot, KeyGroupChunk } from '../../spi/keyed-state-snapshot.ts'
import type { MapStateTable, StateTable } from '../../spi/state-table.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'
import { long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { hasCode } from './assertions.ts'
import { collectSlices, collectSnapshot, keyGroup } from './backend-fixture.ts'
import type { BackendFixture } from './backend-fixture.ts'
import type { BackendCase } from './backend-case.ts'

interface Counted {
  n: number
}

interface Parts {
  readonly backend: KeyedStateBackend
  readonly values: StateTable<Counted>
  readonly window: StateTable<Counted>
  readonly map: MapStateTable<string, number>
  readonly timers: TimerQueue
}

const KEYS = 10_000
/** Few key groups, so that a slice ends in the middle of one. */
const FEW = { start: 0, end: 1 }

const inFew = (key: number): number => key % 2

function parts(backend: KeyedStateBackend): Parts {
  const valueType = row({ n: long() })
  return {
    backend,
    values: backend.table({ name: 'values', kind: 'value', layout: 'key', valueType }),
    window: backend.table({ name: 'window', kind: 'window', layout: 'namespace', valueType }),
    map: backend.mapTable({ name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType: string() }),
    timers: backend.timers('event'),
  }
}

async function filled(fixture: BackendFixture): Promise<Parts> {
  const opened = parts(await fixture.open({ keyGroupRange: FEW }))
  for (let key = 0; key < KEYS; key++) {
    opened.values.put(inFew(key), key, null, { n: key })
    opened.window.put(inFew(key), key, 60_000, { n: key })
    opened.map.put(inFew(key % 2), 'map', null, String(key), key)
    opened.timers.add(key % 10, inFew(key), key, null)
  }
  return opened
}

async function assertFilled(fixture: BackendFixture, reader: KeyedStateReader): Promise<void> {
  const { backend, values, window, map, timers } = parts(await fixture.open({ keyGroupRange: FEW, restore: [reader] }))
  assert.equal(backend.entryCount(), 4 * KEYS)
  for (let key = 0; key < KEYS; key++) {
    assert.equal(values.get(inFew(key), key, null)?.n, key)
    assert.equal(window.get(inFew(key), key, 60_000)?.n, key)
    assert.equal(map.get(inFew(key % 2), 'map', null, String(key)), key)
    assert.equal(timers.remove(key % 10, inFew(key), key, null), true)
  }
}

/** Consistency of snapshots while the task goes on. */
export function snapshotCases(on: BackendCase): void {
  const onFilled = (name: string, body: (opened: Parts, chunk: number) => void): void =>
    on(`snapshot: is that of the barrier, though meanwhile ${name}`, async (fixture) => {
      const opened = await filled(fixture)
      let chunk = 0
      const reader = await collectSlices(opened.backend.snapshot(1), () => body(opened, chunk++))
      assert.ok(chunk >= 8, `expected slices of about 2000 entries, found ${chunk} chunks of ${4 * KEYS}`)
      await assertFilled(fixture, reader)
    })

  onFilled('nothing happens', () => {})
  onFilled('values are replaced, changed in place and removed, and new ones come', ({ values }, chunk) => {
    for (let step = 0; step < 300; step++) {
      const key = (chunk * 300 + step) * 7
      if (key < KEYS) {
        values.put(inFew(key), key, null, { n: -1 })
        const changed = values.getForUpdate(inFew(key + 1), key + 1, null)
        if (changed !== undefined) changed.n = -1
        values.remove(inFew(key + 2), key + 2, null)
      }
      values.put(inFew(KEYS + key), KEYS + key, null, { n: -1 })
    }
  })
  onFilled('a window is drained', ({ window }, chunk) => {
    if (chunk !== 0) return
    for (const cursor = window.drain(60_000); cursor.next(); );
  })
  onFilled('a window is drained step by step, and written again', ({ window }, chunk) => {
    const cursor = window.drain(60_000)
    for (let left = 700; left > 0; left--) cursor.next()
    window.put(inFew(chunk), chunk, 60_000, { n: -1 })
    const changed = window.getForUpdate(inFew(chunk + 5000), chunk + 5000, 60_000)
    if (changed !== undefined) changed.n = -1
  })
  onFilled('map entries are replaced, removed and cleared', ({ map }, chunk) => {
    map.put(0, 'map', null, String(chunk * 2), -1)
    map.remove(1, 'map', null, String(chunk * 2 + 1))
    map.put(0, 'new', null, String(chunk), -1)
    if (chunk === 2) map.clear(0, 'map', null)
    if (chunk === 9) map.clear(1, 'map', null)
  })
  onFilled('timers fire, are removed and added', ({ timers }, chunk) => {
    for (let left = 400; left > 0; left--) timers.poll(Infinity)
    timers.remove(9, 1, chunk * 10 + 9, null)
    timers.add(chunk, 0, `new ${chunk}`, null)
  })
  onFilled('everything goes', ({ values, window, map, timers }, chunk) => {
    if (chunk !== 1) return
    for (const cursor = values.drain(null); cursor.next(); );
    for (const cursor = window.drain(60_000); cursor.next(); );
    for (const group of [0, 1]) map.clear(group, 'map', null)
    while (timers.poll(Infinity));
  })

  on('snapshot: what was passed by a drain before the barrier is not in it', async (fixture) => {
    const { backend, window } = await filled(fixture)
    const cursor = window.drain(60_000)
    const passed = new Set<unknown>()
    for (let left = 3333; left > 0; left--) {
      assert.ok(cursor.next())
      passed.add(cursor.key)
    }
    const snapshot = backend.snapshot(1)
    while (cursor.next());
    const restored = parts(await fixture.open({ keyGroupRange: FEW, restore: [collectSnapshot(snapshot)] }))
    for (let key = 0; key < KEYS; key++) assert.equal(restored.window.get(inFew(key), key, 60_000)?.n, passed.has(key) ? undefined : key)
  })
  on('snapshot: one after the other each has its own moment', async (fixture) => {
    const opened = parts(await fixture.open())
    const group = keyGroup('k')
    for (let round = 1; round <= 5; round++) {
      opened.values.put(group, 'k', null, { n: round })
      if (round === 3) opened.backend.snapshot(99).release()
      const snapshot = opened.backend.snapshot(round)
      ;(opened.values.getForUpdate(group, 'k', null) as Counted).n = -round
      const restored = parts(await fixture.open({ restore: [collectSnapshot(snapshot)] }))
      assert.equal(restored.values.get(group, 'k', null)?.n, round)
      assert.equal(opened.values.get(group, 'k', null)?.n, -round)
    }
  })
  on('snapshot: a restored backend can be snapshot again', async (fixture) => {
    const opened = await filled(fixture)
    const first = parts(await fixture.open({ keyGroupRange: FEW, restore: [collectSnapshot(opened.backend.snapshot(1))] }))
    await assertFilled(fixture, collectSnapshot(first.backend.snapshot(2)))
  })
  on('snapshot: of states without entries is empty', async (fixture) => {
    const { backend, values } = parts(await fixture.open())
    values.put(keyGroup('k'), 'k', null, { n: 1 })
    values.remove(keyGroup('k'), 'k', null)
    const chunks: KeyGroupChunk[] = [...backend.snapshot(1).chunks()]
    assert.equal(chunks.reduce((sum, { entries, bytes }) => sum + entries + bytes.length, 0), 0)
  })
  on('snapshot: counts its entries', async (fixture) => {
    const { backend } = await filled(fixture)
    let entries = 0
    for (const chunk of backend.snapshot(1).chunks()) entries += chunk.entries
    assert.equal(entries, 4 * KEYS)
  })
  on('snapshot: one at a time, until it is read to its end or released', async (fixture) => {
    const { backend } = await filled(fixture)
    const snapshot = backend.snapshot(1)
    assert.throws(() => backend.snapshot(2), hasCode('STATE_SNAPSHOT_ACTIVE', '2'))
    snapshot.release()
    snapshot.release()
    const second = backend.snapshot(3)
    snapshot.release()
    assert.throws(() => backend.snapshot(4), hasCode('STATE_SNAPSHOT_ACTIVE', '4'))
    await assertFilled(fixture, collectSnapshot(second))
    second.release()
    backend.snapshot(5).release()
  })
  on('snapshot: given up half-way, the next one is complete', async (fixture) => {
    const { backend } = await filled(fixture)
    for (const _chunk of backend.snapshot(1).chunks()) break
    await assertFilled(fixture, collectSnapshot(backend.snapshot(2)))
  })
  on('snapshot: given up, and the backend closed, while more of it is being read', async (fixture) => {
    const { backend } = await filled(fixture)
    for (const giveUp of [async (snapshot: KeyedStateSnapshot) => snapshot.release(), () => fixture.close(backend)]) {
      const snapshot = backend.snapshot(1)
      const chunks = snapshot.chunks()[Symbol.iterator]()
      let read: Promise<void> | undefined
      for (let left = 8; left > 0 && read === undefined; left--) {
        const { done, value } = chunks.next()
        if (done === true) break
        read = value.nextRead
      }
      await giveUp(snapshot)
      await read
      assert.throws(() => chunks.next(), hasCode('STATE_SNAPSHOT_RELEASED'))
    }
  })
  on('snapshot: a value that is not of its type is reported with state and key', async (fixture) => {
    const { backend, values } = parts(await fixture.open())
    values.put(keyGroup('bad'), 'bad', null, { n: 'no number' } as unknown as Counted)
    const snapshot = backend.snapshot(1)
    assert.throws(() => [...snapshot.chunks()], hasCode('CORE_TYPE_MISMATCH', "'values'", 'bad'))
  })
}
