import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** A rolling count over 10 k fresh string keys: a new row for every record. As many as make compiling, about 60 ms of ours, one part in fifty. */
export const keyedCount: RateCase = {
  kind: 'rate',
  name: 'engine/keyed-count',
  records: 16_000_000,
  fewerRecords: 500_000,
  variants: {
    ours: async () => (await import('./keyed-count-engine.ts')).keyedCountEngine(),
    'hand-written': async () => (await import('./keyed-count-loop.ts')).keyedCountLoop(),
  },
  baselines: { 'hand-written': atLeast(0.5) },
}
