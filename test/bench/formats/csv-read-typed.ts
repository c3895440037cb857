import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Rows of six numbers, which the reader makes available to JavaScript and the case sums; DuckDB sums inside, on one thread. */
export const csvReadTyped: RateCase = {
  kind: 'rate',
  name: 'csv/read-typed',
  records: 2_500_000,
  fewerRecords: 200_000,
  variants: {
    ours: async () => (await import('./csv-read-typed-variants.ts')).ours(),
    'duckdb-aggregate': async () => (await import('./csv-read-typed-variants.ts')).duckdbAggregate(),
    'udsv-typed': async () => (await import('./csv-read-typed-variants.ts')).udsvTyped(),
  },
  baselines: { 'duckdb-aggregate': atLeast(0.8), 'udsv-typed': atLeast(2.5) },
}
