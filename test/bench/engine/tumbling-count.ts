import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'
import { SPARSE } from './keyed-events.ts'

export const WINDOW_MS = 10_000
/** Records between two watermarks: the batch that the engine's task takes from a source. */
export const WATERMARK_EVERY = 1024

/** Counts per key in 10 s windows of event time, 10 k keys, records up to 500 ms late. */
export const tumblingCount: RateCase = {
  kind: 'rate',
  name: 'engine/tumbling-count',
  records: 3_000_000,
  fewerRecords: 500_000,
  variants: {
    ours: async () => (await import('./window-count-engine.ts')).tumblingCountEngine(tumblingCount.records, SPARSE),
    'hand-written': async () => (await import('./tumbling-count-loop.ts')).tumblingCountLoop(),
    rxjs: async () => (await import('./tumbling-count-rxjs.ts')).tumblingCountRxjs(),
    'rxjs groupBy': async () => (await import('./tumbling-count-rxjs.ts')).tumblingCountRxjsGroupBy(),
    '@tanstack/db-ivm': async () => (await import('./tumbling-count-db-ivm.ts')).tumblingCountDbIvm(),
    '@electric-sql/d2ts': async () => (await import('./tumbling-count-d2ts.ts')).tumblingCountD2ts(),
  },
  baselines: {
    'hand-written': atLeast(0.4),
    rxjs: atLeast(20),
    'rxjs groupBy': atLeast(20),
    '@tanstack/db-ivm': atLeast(20),
    '@electric-sql/d2ts': atLeast(20),
  },
  slow: ['rxjs groupBy', '@tanstack/db-ivm', '@electric-sql/d2ts'],
}
