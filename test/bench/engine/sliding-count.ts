import type { RateCase } from '../rate-case.ts'
import { DENSE, SPARSE } from './keyed-events.ts'
import { tumblingCount } from './tumbling-count.ts'

export const SLIDING_SIZE_MS = 60_000
export const SLIDE_MS = 1_000

/** Eighty seconds of event time: the windows of the last twenty are full. */
const DENSE_RECORDS = 8_000_000

export const denseTumblingCount: RateCase = {
  kind: 'rate',
  name: 'engine/tumbling-count-dense',
  records: DENSE_RECORDS,
  fewerRecords: tumblingCount.fewerRecords,
  variants: { ours: async () => (await import('./window-count-engine.ts')).tumblingCountEngine(DENSE_RECORDS, DENSE) },
  baselines: {},
}

/** Counts per key in windows of 60 s that start every second, ten records per key and second: 0.15 rows per record. */
export const slidingCount: RateCase = {
  kind: 'rate',
  name: 'engine/sliding-count',
  records: DENSE_RECORDS,
  fewerRecords: tumblingCount.fewerRecords,
  variants: {
    ours: async () => (await import('./window-count-engine.ts')).slidingCountEngine(DENSE_RECORDS, DENSE),
    'hand-written': async () => (await import('./sliding-count-loop.ts')).slidingCountLoop(DENSE_RECORDS, DENSE),
  },
  baselines: { 'hand-written': undefined },
  against: { rateCase: denseTumblingCount, target: { text: 'at most 3 × the cost (ratio ≥ 0.33)', met: ({ ratio }) => ratio >= 1 / 3 } },
}

/** The same over the sparse data of `tumblingCount`, one record per key and second: more than one row per record. */
export const sparseSlidingCount: RateCase = {
  kind: 'rate',
  name: 'engine/sliding-count-sparse',
  records: tumblingCount.records,
  fewerRecords: tumblingCount.fewerRecords,
  variants: {
    ours: async () => (await import('./window-count-engine.ts')).slidingCountEngine(tumblingCount.records, SPARSE),
    'hand-written': async () => (await import('./sliding-count-loop.ts')).slidingCountLoop(tumblingCount.records, SPARSE),
  },
  baselines: { 'hand-written': undefined },
  against: { rateCase: tumblingCount, target: { text: 'none: shown beside the dense case', met: () => true } },
}
