import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, fileSource } from '@millrace/connector-file'
import { count, sum, TumblingEventTimeWindows, types, WatermarkStrategy } from '@millrace/core'
import type { Infer, StreamExecutionEnvironment } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import { loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { Click, CLICK_COLUMNS, clickLines, clickParquet } from './click-data.ts'
import { numberFile, NumberRow, NUMBER_COLUMNS } from './csv-number-data.ts'
import { queryOnOneThread } from './duckdb-row.ts'
import { etlCases } from './etl-cases.ts'

interface Etl {
  readonly name: string
  readonly data: (records: number) => Promise<string>
  /** Builds the job that writes to the directory `out`. */
  readonly job: (env: StreamExecutionEnvironment, path: string, out: string) => void
  /** DuckDB's query over the file, and how it writes. */
  readonly select: (path: string) => string
  readonly copyOptions: string
  /** How DuckDB reads what was written, and the number that sums it up. */
  readonly read: (files: string) => string
  readonly digest: string
}

type Both = { readonly ours: Variant; readonly duckdb: Variant }

export function csvFilterParquet(): Both {
  return both({
    name: 'etl/csv-filter-parquet',
    data: numberFile,
    job: (env, path, out) =>
      env
        .fromSource(fileSource({ path, format: csv(NumberRow, { embeddedNewlines: false }) }))
        .filter((row) => row.count < 500)
        .sinkTo(fileSink({ path: out, format: parquet(NumberRow) })),
    select: (path) => `SELECT * FROM read_csv('${path}', header = true, columns = ${NUMBER_COLUMNS}) WHERE "count" < 500`,
    copyOptions: 'FORMAT parquet, COMPRESSION snappy',
    read: (files) => `read_parquet('${files}')`,
    digest: 'sum(id) + sum(amount) + sum(price) + sum(score) + sum("count") + sum(reading)',
  })
}

const PageWindow = types.row({ page: types.string(), start: types.long(), clicks: types.long(), ms: types.double() })

export function ndjsonAggregateCsv(): Both {
  return both({
    name: 'etl/ndjson-aggregate-csv',
    data: clickLines,
    job: (env, path, out) =>
      env
        .fromSource(fileSource({ path, format: jsonLines(Click) }), WatermarkStrategy.forMonotonousTimestamps(({ id }) => id))
        .keyBy('page')
        .window(TumblingEventTimeWindows.of('10s'))
        .aggregate({ clicks: count(), ms: sum((click: Infer<typeof Click>) => click.ms) }, (totals, page, window) => ({ page, start: window.start, ...totals }), PageWindow)
        .sinkTo(fileSink({ path: out, format: csv(PageWindow) })),
    select: (path) =>
      `SELECT page, (id // 10000) * 10000 AS start, count(*) AS clicks, sum(ms) AS ms FROM read_json('${path}', format = 'newline_delimited', columns = ${CLICK_COLUMNS}) GROUP BY ALL`,
    copyOptions: 'FORMAT csv, HEADER',
    read: (files) => `read_csv('${files}', header = true, columns = {'page': 'VARCHAR', 'start': 'BIGINT', 'clicks': 'BIGINT', 'ms': 'DOUBLE'})`,
    digest: 'sum(length(page)) + sum(start) + sum(clicks) + sum(ms)',
  })
}

const CLICK_DIGEST = 'sum(id) + sum(length("user")) + sum(length(page)) + sum(ms) + sum(ok::INT)'

export function ndjsonParquet(): Both {
  return both({
    name: 'etl/ndjson-parquet',
    data: clickLines,
    job: (env, path, out) => env.fromSource(fileSource({ path, format: jsonLines(Click) })).sinkTo(fileSink({ path: out, format: parquet(Click) })),
    select: (path) => `SELECT * FROM read_json('${path}', format = 'newline_delimited', columns = ${CLICK_COLUMNS})`,
    copyOptions: 'FORMAT parquet, COMPRESSION snappy',
    read: (files) => `read_parquet('${files}')`,
    digest: CLICK_DIGEST,
  })
}

export function parquetJson(): Both {
  return both({
    name: 'etl/parquet-json',
    data: clickParquet,
    job: (env, path, out) => env.fromSource(fileSource({ path, format: parquet(Click) })).sinkTo(fileSink({ path: out, format: jsonLines(Click) })),
    select: (path) => `SELECT * FROM read_parquet('${path}')`,
    copyOptions: 'FORMAT json',
    read: (files) => `read_json('${files}', format = 'newline_delimited', columns = ${CLICK_COLUMNS})`,
    digest: CLICK_DIGEST,
  })
}

/** What was written is summed up when results are checked only, as that is no part of the work. */
function both(etl: Etl): Both {
  const variant = (write: (path: string, out: string) => Promise<void>, files: string): Variant => ({
    async prepare() {
      const rateCase = etlCases.find(({ name }) => name === etl.name)
      for (const records of [rateCase?.records ?? 0, rateCase?.fewerRecords ?? 0]) await etl.data(records)
      await loadRuntime()
    },
    async run(records, check) {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-etl-'))
      try {
        await write(await etl.data(records), directory)
        if (!check) return { rows: records, digest: 0 }
        const [row] = await queryOnOneThread(`SELECT count(*), ${etl.digest} FROM ${etl.read(join(directory, files))}`)
        return { rows: Number(row?.[0]), digest: Number(row?.[1]) }
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  })
  return {
    ours: variant((path, out) => runJob(etl.name.replace('/', '-'), (env) => etl.job(env, path, out)), '**/*.*'),
    duckdb: variant(async (path, out) => void (await queryOnOneThread('SET preserve_insertion_order = true', `COPY (${etl.select(path)}) TO '${out}/out' (${etl.copyOptions})`)), 'out'),
  }
}
