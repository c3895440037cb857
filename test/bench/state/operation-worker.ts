/**
 * Loads one kind of state into a backend and times every operation on it in turn: `operation-worker.ts value|list|map heap|leveldb`
 * prints an OperationReport.
 */
import { heapStateBackend } from '@millrace/core'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import { createKeyedStateStore } from '../../../packages/core/src/runtime/state/keyed-state-store.ts'
import { BATCH } from './keyed-updates.ts'
import { nextTurn, openState } from './open-state.ts'
import type { StateKind } from './operation-cases.ts'
import { ENTRIES, openOperations } from './state-operations.ts'
import type { StateOperation } from './state-operations.ts'

/** By operation. */
export type OperationReport = Readonly<Record<string, { readonly rate: number; /** Equal on all backends. */ readonly check: number }>>

/** What 10,000 entries take in the cache by its own estimate: a tenth of those loaded. */
const CACHE_BYTES = 2_700_000
const WARM_UP_MS = 50
const TIMED_MS = 100
/** Keys of the first round whose state is looked at after it. */
const CHECKED = 500

interface Round {
  readonly cpuMs: number
  readonly sum: number
}

const [kind, backendName] = process.argv.slice(2)
const state = await openState(backendName === 'leveldb' ? leveldbStateBackend({ cacheBytes: CACHE_BYTES }) : heapStateBackend())
const { keys, moves, load, content, operations } = openOperations[kind as StateKind](createKeyedStateStore(state.backend, { now: () => 0 }))

const report: Record<string, OperationReport[string]> = {}
for (const [name, operation] of Object.entries<StateOperation>(operations)) {
  // each operation finds the same, whatever others have done before
  await inBatches(0, keys, load)
  report[name] = await timed(operation)
}
await state.close()
process.stdout.write(JSON.stringify(report))

async function timed(operation: StateOperation): Promise<OperationReport[string]> {
  let [next, undone] = [0, 0]
  // not after each round: what was written must have to leave the cache
  const undo = async (): Promise<void> => {
    if (operation.undo !== undefined) await inBatches(undone, next, operation.undo)
    undone = next
  }
  const round = async (): Promise<Round> => {
    if (next - undone >= ENTRIES) await undo()
    const [first, end] = [next, next + operation.perRound]
    next = end
    const before = process.cpuUsage()
    const sum = await inBatches(first, end, operation.run)
    const { user, system } = process.cpuUsage(before)
    return { cpuMs: (user + system) / 1000, sum }
  }
  const rounds = async (leastMs: number): Promise<{ readonly rate: number; readonly sum: number }> => {
    let [count, cpuMs, sum] = [0, 0, 0]
    for (; cpuMs < leastMs; count++) {
      const done = await round()
      cpuMs += done.cpuMs
      sum += done.sum
    }
    return { rate: (count * operation.perRound * operation.counted * 1000) / cpuMs, sum }
  }
  const check = (await round()).sum + contents()
  const warmUp = await rounds(WARM_UP_MS)
  const { rate, sum } = await rounds(TIMED_MS)
  await undo()
  if (!Number.isFinite(warmUp.sum + sum)) throw new Error('expected operations to find numbers')
  return { rate, check }
}

/** Of loaded keys and new ones. */
function contents(): number {
  let sum = 0
  for (let index = 0; index < CHECKED; index++) {
    moves.toLoaded(index)
    sum += content()
    moves.toNew(index)
    sum += content()
  }
  return sum
}

async function inBatches(first: number, end: number, run: (index: number) => number | void): Promise<number> {
  let sum = 0
  for (let next = first; next < end; next += BATCH) {
    sum += batch(next, Math.min(end, next + BATCH), run)
    await nextTurn()
    await state.backend.prefetch?.([])
  }
  return sum
}

function batch(first: number, end: number, run: (index: number) => number | void): number {
  let sum = 0
  for (let index = first; index < end; index++) sum += run(index) ?? 0
  return sum
}
