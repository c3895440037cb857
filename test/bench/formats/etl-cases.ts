import type { RateCase, Variant } from '../rate-case.ts'

/** End to end through the engine: file source, operators, file sink. DuckDB does the same in SQL on one thread, to the same file format. */
function etlCase(name: string, variants: () => Promise<{ readonly ours: Variant; readonly duckdb: Variant }>, records: number, fewerRecords: number): RateCase {
  return {
    kind: 'rate',
    name,
    records,
    fewerRecords,
    variants: { ours: async () => (await variants()).ours, duckdb: async () => (await variants()).duckdb },
    baselines: { duckdb: undefined },
  }
}

/** DuckDB reads Avro only with an extension that it downloads, so that libraries of npm are the baseline. */
const avroParquet: RateCase = {
  kind: 'rate',
  name: 'etl/avro-parquet',
  records: 1_500_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./etl-avro-variants.ts')).ours(),
    'avsc + hyparquet-writer': async () => (await import('./etl-avro-variants.ts')).libraries(),
  },
  baselines: { 'avsc + hyparquet-writer': undefined },
}

export const etlCases: readonly RateCase[] = [
  avroParquet,
  etlCase('etl/csv-filter-parquet', async () => (await import('./etl-variants.ts')).csvFilterParquet(), 2_500_000, 200_000),
  etlCase('etl/ndjson-aggregate-csv', async () => (await import('./etl-variants.ts')).ndjsonAggregateCsv(), 1_500_000, 100_000),
  etlCase('etl/ndjson-parquet', async () => (await import('./etl-variants.ts')).ndjsonParquet(), 1_500_000, 100_000),
  etlCase('etl/parquet-json', async () => (await import('./etl-variants.ts')).parquetJson(), 1_500_000, 100_000),
]
