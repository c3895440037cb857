import type { KeyedStateSnapshot, StateBackend } from '@millrace/core/spi'
import { compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'

/** One key in so many changes between two checkpoints. */
const CHANGED = 100

function sizeOf(snapshot: KeyedStateSnapshot): number {
  let bytes = 0
  for (const chunk of snapshot.chunks()) bytes += chunk.bytes.length + (chunk.removals?.length ?? 0)
  return bytes
}

function incrementalSize(name: string, open: () => Promise<StateBackend>): MeasureCase {
  const bench = `state/incremental-size-${name}`
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
      const full = sizeOf(backend.snapshot(1))
      await put(CHANGED, 1)
      const changes = backend.snapshot(2, 1)
      if (changes.since !== 1) throw new Error('expected a snapshot of changes, found a full one')
      const line = compare(bench, 'MB', 'a full snapshot', [sizeOf(changes) / 1e6], [full / 1e6])
      await close()
      return { line, target: { text: 'ratio ≤ 0.05', met: ({ ratio }) => ratio <= 0.05 } }
    },
  }
}

/** What a checkpoint writes when 1 % of a million keys have changed since the one before. */
export const incrementalCases: readonly MeasureCase[] = [
  incrementalSize('heap', async () => (await import('@millrace/core')).heapStateBackend()),
  incrementalSize('leveldb', async () => (await import('@millrace/statebackend-leveldb')).leveldbStateBackend()),
]
