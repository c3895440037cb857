/**
 * Loads a million keys into a backend, updates them with and without a snapshot under way, and restores the snapshot:
 * `snapshot-worker.ts heap|leveldb` prints what it measured.
 */
import { heapStateBackend } from '@millrace/core'
import type { KeyedStateReader } from '@millrace/core/spi'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import { BATCH, KeyedUpdates, KEYS, uniform, update } from './keyed-updates.ts'
import { KEY_GROUPS, nextTurn, openState } from './open-state.ts'

export interface SnapshotReport {
  /** Time in slices only. */
  readonly snapshotMs: number
  readonly bytes: number
  readonly longestSliceMs: number
  /** Between two batches, the longest of 99.9 %: a garbage collection that falls into one run and not the other is no stall of either. */
  readonly stallMs: number
  readonly calmStallMs: number
  readonly restoreMs: number
}

const CALM_BATCHES = 200
const backend = process.argv[2] === 'leveldb' ? leveldbStateBackend() : heapStateBackend()
const updates = new KeyedUpdates(KEYS, 1_000_000, uniform(KEYS))
const state = await openState(backend)

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
const timed = async (action: () => void | Promise<void>): Promise<number> => {
  const start = performance.now()
  await action()
  return performance.now() - start
}

for (let index = 0; index < KEYS; index++) {
  const key = updates.loaded(index)
  state.table.put(key % KEY_GROUPS, updates.key(key), null, { count: 0, sum: 0, at: 0 })
  if (index % BATCH === 0) await pause()
}
const calm: number[] = []
for (let left = CALM_BATCHES; left > 0; left--) calm.push(await timed(batch))

const groups = new Map<number, Uint8Array[]>()
const slices: number[] = []
const stalls: number[] = []
const snapshot = state.backend.snapshot(1)
const chunks = snapshot.chunks()[Symbol.iterator]()
for (let done = false; !done; ) {
  const slice = await timed(() => {
    const step = chunks.next()
    if (step.done === true) done = true
    else groups.set(step.value.keyGroup, [...(groups.get(step.value.keyGroup) ?? []), step.value.bytes])
  })
  slices.push(slice)
  stalls.push(slice + (await timed(batch)))
}
await state.close()

const reader: KeyedStateReader = { states: snapshot.states, keyGroups: { start: 0, end: KEY_GROUPS - 1 }, read: (keyGroup) => Promise.resolve(Buffer.concat(groups.get(keyGroup) ?? [])) }
const restoreMs = await timed(async () => {
  const restored = await openState(backend, [reader])
  if (restored.table.get(0, updates.key(0), null) === undefined) throw new Error('the restored state is not there')
  await restored.close()
})
const longest = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * 0.999)] ?? 0
const report: SnapshotReport = {
  snapshotMs: slices.reduce((sum, slice) => sum + slice, 0),
  bytes: [...groups.values()].flat().reduce((sum, bytes) => sum + bytes.length, 0),
  longestSliceMs: longest(slices),
  stallMs: longest(stalls),
  calmStallMs: longest(calm),
  restoreMs,
}
process.stdout.write(JSON.stringify(report))
