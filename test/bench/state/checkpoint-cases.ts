import type { StateBackend } from '@millrace/core/spi'
import { atLeast } from '../bench-line.ts'
import type { RateCase, Variant } from '../rate-case.ts'

const RECORDS = 4_000_000

function overheadOn(name: string, open: () => Promise<StateBackend>): RateCase {
  const variant = async (checkpointed: boolean): Promise<Variant> => (await import('./checkpointed-count.ts')).checkpointedCount(await open(), RECORDS, checkpointed)
  return {
    kind: 'rate',
    name: `state/checkpoint-overhead-${name}`,
    records: RECORDS,
    fewerRecords: 200_000,
    variants: { ours: () => variant(true), 'without checkpoints': () => variant(false) },
    baselines: { 'without checkpoints': atLeast(0.85) },
  }
}

/** A count over 100,000 keys, with a checkpoint every second. */
export const checkpointCases: readonly RateCase[] = [
  overheadOn('heap', async () => (await import('@millrace/core')).heapStateBackend()),
  overheadOn('leveldb', async () => (await import('@millrace/statebackend-leveldb')).leveldbStateBackend()),
]
