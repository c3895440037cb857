import type { KeyedStateSnapshot, StateBackend } from '@millrace/core/spi'
import { compare } from '../bench-line.ts'
import type { Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'

/** One key in so many changes between two checkpoints. */
const CHANGED = 100

interface Cost {
  readonly bytes: number
  readonly durationMs: number
}

function costOf(snapshot: KeyedStateSnapshot): Cost {
  const startMs = performance.now()
  let bytes = 0
  for (const chunk of snapshot.chunks()) bytes += chunk.bytes.length + (chunk.removals?.length ?? 0)
  return { bytes, durationMs: performance.now() - startMs }
}

function incrementalCase(what: string, name: string, open: () => Promise<StateBackend>, unit: string, of: (cost: Cost) => number, target?: Target): MeasureCase {
  const bench = `state/incremental-${what}-${name}`
  return {
    kind: 'measure',
    name: bench,
    async measure() {
      const [{ openState, KEY_GROUPS, nextTurn }, { KEYS, BATCH }] = await Promise.all([import('./open-state.ts'), import('./keyed-updates.ts')])
      const { backend, table, close } = await openState(await open(), [], true)
      const put = async (every: number, at: number): Promise<void> => {
        for (let key = 0; key < KEYS; key += every) {
          table.put(key % KEY_GROUPS, `user-${key}`, null, { count: 1, sum: 1, at })
          if (key % BATCH !== 0) continue
          await nextTurn()
          await backend.prefetch?.([])
        }
      }
      await put(1, 0)
      const full = costOf(backend.snapshot(1))
      await put(CHANGED, 1)
      const changes = backend.snapshot(2, 1)
      if (changes.since !== 1) throw new Error('expected a snapshot of changes, found a full one')
      const line = compare(bench, unit, 'a full snapshot', [of(costOf(changes))], [of(full)])
      await close()
      return target === undefined ? { line } : { line, target }
    },
  }
}

const BACKENDS = {
  heap: async (): Promise<StateBackend> => (await import('@millrace/core')).heapStateBackend(),
  leveldb: async (): Promise<StateBackend> => (await import('@millrace/statebackend-leveldb')).leveldbStateBackend(),
}

/** What a checkpoint writes, and for how long it keeps the thread, when 1 % of a million keys have changed since the one before. */
export const incrementalCases: readonly MeasureCase[] = Object.entries(BACKENDS).flatMap(([name, open]) => [
  incrementalCase('size', name, open, 'MB', ({ bytes }) => bytes / 1e6, { text: 'ratio ≤ 0.05', met: ({ ratio }) => ratio <= 0.05 }),
  incrementalCase('time', name, open, 'ms', ({ durationMs }) => durationMs),
])
