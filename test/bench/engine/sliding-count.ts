import type { RateCase } from '../rate-case.ts'
import { tumblingCount } from './tumbling-count.ts'

export const SLIDING_SIZE_MS = 60_000
export const SLIDE_MS = 1_000

/** The data of `tumblingCount`, counted per key in windows of 60 s that start every second: about one row per record. */
export const slidingCount: RateCase = {
  kind: 'rate',
  name: 'engine/sliding-count',
  records: tumblingCount.records,
  fewerRecords: tumblingCount.fewerRecords,
  variants: {
    ours: async () => (await import('./window-count-engine.ts')).slidingCountEngine(),
    'hand-written': async () => (await import('./sliding-count-loop.ts')).slidingCountLoop(),
  },
  baselines: { 'hand-written': undefined },
  against: { rateCase: tumblingCount, target: { text: 'at most 3 × the cost (ratio ≥ 0.33)', met: ({ ratio }) => ratio >= 1 / 3 } },
}
