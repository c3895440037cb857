import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Clicks of a file that DuckDB wrote, as row objects. parquetjs-lite reads a file of its own. */
const readRows: RateCase = {
  kind: 'rate',
  name: 'parquet/read-rows',
  records: 1_500_000,
  fewerRecords: 50_000,
  variants: {
    ours: async () => (await import('./parquet-variants.ts')).readRowsOurs(),
    'duckdb-rows': async () => (await import('./parquet-variants.ts')).readRowsDuckDb(),
    'parquetjs-lite': async () => (await import('./parquet-variants.ts')).readRowsParquetJs(),
  },
  baselines: { 'duckdb-rows': atLeast(0.75), 'parquetjs-lite': atLeast(10) },
  slow: ['parquetjs-lite'],
}

/** Two of five columns, summed in JavaScript: ours as rows of the two, as the engine takes them; DuckDB as columns. */
const readColumns: RateCase = {
  kind: 'rate',
  name: 'parquet/read-columns',
  records: 1_500_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./parquet-variants.ts')).readColumnsOurs(),
    'duckdb-columns': async () => (await import('./parquet-variants.ts')).readColumnsDuckDb(),
  },
  baselines: { 'duckdb-columns': atLeast(0.6) },
}

/** Row objects to a file with snappy and row groups of 100 000. */
const write: RateCase = {
  kind: 'rate',
  name: 'parquet/write',
  records: 1_500_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./parquet-variants.ts')).writeOurs(),
    'duckdb-appender': async () => (await import('./parquet-variants.ts')).writeDuckDb(),
  },
  baselines: { 'duckdb-appender': atLeast(0.55) },
}

export const parquetCases: readonly RateCase[] = [readRows, readColumns, write]
