import { describe, expect, test } from 'vitest'
import { mergedReader } from '../../../../src/runtime/checkpoint/merged-reader.ts'
import { heapStateBackend } from '../../../../src/runtime/state/heap/heap-state-backend.ts'
import type { KeyedStateBackend } from '../../../../src/spi/keyed-state-backend.ts'
import type { MapStateTable, StateTable } from '../../../../src/spi/state-table.ts'
import type { TimerQueue } from '../../../../src/spi/timer-queue.ts'
import { collectSnapshot, withBackends } from '../../../../src/testing/state-backend/backend-fixture.ts'
import type { CollectedSnapshot } from '../../../../src/testing/state-backend/backend-fixture.ts'
import { long } from '../../../../src/types/number-types.ts'

const KEYS = 20_000
const WINDOW = 60_000
const keyGroupRange = { start: 0, end: 1 }
const groupOf = (key: number): number => key % 2

function parts(backend: KeyedStateBackend): Parts {
  const valueType = long()
  return {
    values: backend.table<number>({ name: 'values', kind: 'value', layout: 'key', valueType }),
    windows: backend.table<number>({ name: 'windows', kind: 'window', layout: 'namespace', valueType }),
    map: backend.mapTable<number, number>({ name: 'map', kind: 'map', layout: 'key', valueType, userKeyType: valueType }),
    timers: backend.timers('event'),
  }
}

interface Parts {
  readonly values: StateTable<number>
  readonly windows: StateTable<number>
  readonly map: MapStateTable<number, number>
  readonly timers: TimerQueue
}

function change(backend: KeyedStateBackend, keys: Iterable<number>, value: number): void {
  const { values, windows, map, timers } = parts(backend)
  for (const key of keys) {
    values.put(groupOf(key), key, null, value)
    windows.put(groupOf(key), key, WINDOW, value)
    map.put(groupOf(key), 'map', null, key, value)
    timers.add(value, groupOf(key), key, null)
  }
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, key) => key)

/** What was restored from these snapshots, per key: the value of each state, and how many of the timers there are. */
async function restored(snapshots: readonly CollectedSnapshot[]): Promise<readonly unknown[]> {
  let found: readonly unknown[] = []
  await withBackends(heapStateBackend, async ({ open }) => {
    const { values, windows, map, timers } = parts(await open({ keyGroupRange, restore: [mergedReader(snapshots, keyGroupRange)] }))
    const counts = new Map<unknown, number>()
    while (timers.poll(Infinity)) counts.set(timers.key, (counts.get(timers.key) ?? 0) + 1)
    found = upTo(KEYS).map((key) => [values.get(groupOf(key), key, null), windows.get(groupOf(key), key, WINDOW), map.get(groupOf(key), 'map', null, key), counts.get(key)])
  })
  return found
}

describe('a snapshot of changes on the heap', () => {
  test('passes over what has changed, not over everything', async () => {
    await withBackends(heapStateBackend, async ({ open }) => {
      const backend = await open({ keyGroupRange, incremental: true })
      change(backend, upTo(KEYS), 1)
      const full = [...backend.snapshot(1).chunks()]
      // a slice ends after so many entries, whether they are written or not
      expect(full.length).toBeGreaterThan(30)
      change(backend, upTo(10), 2)
      const snapshot = backend.snapshot(2, 1)
      expect(snapshot.since).toBe(1)
      const changes = [...snapshot.chunks()]
      expect(changes.reduce((sum, { entries }) => sum + entries, 0)).toBe(40)
      expect(changes).toHaveLength(2)
    })
  })

  test.each([['a few', 100], ['nearly all', KEYS - 100]])('has %s changes, of several barriers, and lacks what was dropped', async (_, count) => {
    await withBackends(heapStateBackend, async ({ open }) => {
      const backend = await open({ keyGroupRange, incremental: true })
      const { values, windows, map } = parts(backend)
      change(backend, upTo(KEYS), 1)
      const full = collectSnapshot(backend.snapshot(1), undefined, 1)
      change(backend, upTo(count), 2)
      values.remove(groupOf(7), 7, null)
      map.remove(groupOf(7), 'map', null, 7)
      backend.snapshot(2, 1).release()
      change(backend, [5, 6], 3)
      windows.remove(groupOf(6), 6, WINDOW)
      const snapshot = backend.snapshot(3, 1)
      const changes = collectSnapshot(snapshot, () => change(backend, [1, KEYS - 1], 9), 3)
      const expected: unknown[] = upTo(KEYS).map((key) => (key < count ? [2, 2, 2, 2] : [1, 1, 1, 1]))
      expected[5] = [3, 3, 3, 3]
      expected[6] = [3, undefined, 3, 3]
      expected[7] = [undefined, 2, undefined, 2]
      expect(await restored([full, changes])).toEqual(expected)
    })
  })
})
