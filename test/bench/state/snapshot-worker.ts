/**
 * Loads a million keys into a backend, updates them with and without a snapshot under way, and restores the snapshot:
 * `snapshot-worker.ts heap|leveldb` prints what it measured.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { heapStateBackend } from '@millrace/core'
import { createFileSystems } from '@millrace/core/testing'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import { readSnapshotFiles } from '../../../packages/core/src/runtime/checkpoint/snapshot-file.ts'
import { BATCH, KeyedUpdates, KEYS, uniform, update } from './keyed-updates.ts'
import { measuredSnapshot, timed } from './measured-snapshot.ts'
import type { MeasuredSnapshot } from './measured-snapshot.ts'
import { KEY_GROUPS, nextTurn, openState } from './open-state.ts'

export interface SnapshotReport {
  /** Time in slices only. */
  readonly snapshotMs: number
  readonly bytes: number
  readonly longestSliceMs: number
  /** The longest without the time that the thread waited for a processor. */
  readonly longestSliceOwnMs: number
  /** The longest time from one batch of records to the next during snapshots. */
  readonly stallMs: number
  /** The same over as many batches without one. */
  readonly calmStallMs: number
  readonly restoreMs: number
}

const ROUNDS = 3

const backend = process.argv[2] === 'leveldb' ? leveldbStateBackend() : heapStateBackend()
const updates = new KeyedUpdates(KEYS, 1_000_000, uniform(KEYS))
const state = await openState(backend)
const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-snapshot-'))
const fileSystem = createFileSystems().forPath(directory)

let next = 0
const pause = async (): Promise<void> => {
  await nextTurn()
  await state.backend.prefetch?.([])
}
const batch = async (): Promise<void> => {
  await pause()
  for (const end = next + BATCH; next < end; next++) {
    const key = updates.at(next)
    const value = state.table.getForUpdate(key % KEY_GROUPS, updates.key(key), null)
    if (value !== undefined) update(value, next)
  }
}
const batches = async (count: number): Promise<readonly number[]> => {
  const times: number[] = []
  for (let left = count; left > 0; left--) times.push(await timed(batch))
  return times
}
const snapshot = (id: number): ReturnType<typeof measuredSnapshot> => measuredSnapshot(state.backend.snapshot(id), fileSystem, { directory, name: `${id}` }, batch)
const sum = (times: readonly number[]): number => times.reduce((total, time) => total + time, 0)

for (let index = 0; index < KEYS; index++) {
  const key = updates.loaded(index)
  state.table.put(key % KEY_GROUPS, updates.key(key), null, { count: 0, sum: 0, at: 0 })
  if (index % BATCH === 0) await pause()
}
// what was loaded must have grown old, and the code be compiled
await batches(KEYS / BATCH)
const warmUp = await snapshot(1)
// in turns, and several: V8 collects its old space every ten to twenty seconds, in this phase or in that one
const calm: number[] = []
const snapshots: MeasuredSnapshot[] = []
for (let id = 2; id < 2 + ROUNDS; id++) {
  calm.push(...(await batches((snapshots.at(-1) ?? warmUp).stallsMs.length)))
  snapshots.push(await snapshot(id))
}
const full = snapshots.at(-1) as MeasuredSnapshot
await state.close()

const file = await fileSystem.open(join(directory, `${1 + ROUNDS}`))
const restoreMs = await timed(async () => {
  const reader = await readSnapshotFiles([file], { start: 0, end: KEY_GROUPS - 1 })
  const restored = await openState(backend, [reader])
  if (restored.table.get(0, updates.key(0), null) === undefined) throw new Error('the restored state is not there')
  await restored.close()
})
await file.close()
rmSync(directory, { recursive: true })
const report: SnapshotReport = {
  snapshotMs: sum(full.slicesMs),
  bytes: full.bytes,
  longestSliceMs: Math.max(...snapshots.flatMap(({ slicesMs }) => slicesMs)),
  longestSliceOwnMs: Math.max(...snapshots.flatMap(({ slicesOwnMs }) => slicesOwnMs)),
  stallMs: Math.max(...snapshots.flatMap(({ stallsMs }) => stallsMs)),
  calmStallMs: Math.max(...calm),
  restoreMs,
}
process.stdout.write(JSON.stringify(report))
