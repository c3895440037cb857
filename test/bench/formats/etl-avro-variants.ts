import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, fileSource } from '@millrace/connector-file'
import type { Infer } from '@millrace/core'
import { avro } from '@millrace/format-avro'
import { parquet } from '@millrace/format-parquet'
import avsc from 'avsc'
import { loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { clickAvro } from './click-avro.ts'
import { Click } from './click-data.ts'
import { queryOnOneThread } from './duckdb-row.ts'
import { etlCases } from './etl-cases.ts'

export function ours(): Variant {
  return converting((path, out) => runJob('etl-avro-parquet', (env) => env.fromSource(fileSource({ path, format: avro(Click) })).sinkTo(fileSink({ path: out, format: parquet(Click) }))))
}

interface WriterLibrary {
  fileWriter(path: string): object
  parquetWriteRows(options: { readonly writer: object; readonly rows: AsyncIterable<object>; readonly columns: readonly object[]; readonly rowGroupSize: number; readonly compressors: object }): Promise<void>
}

/** What one puts together from the libraries of npm: avsc's stream, and hyparquet-writer with native Snappy. */
export function libraries(): Variant {
  const load = createRequire(new URL('../../../formats/parquet/package.json', import.meta.url))
  const { fileWriter, parquetWriteRows } = load('hyparquet-writer') as WriterLibrary
  const snappy = load('snappy') as { compressSync(bytes: Buffer): Buffer }
  const columns = [{ name: 'id', type: 'INT64' }, { name: 'user', type: 'STRING' }, { name: 'page', type: 'STRING' }, { name: 'ms', type: 'DOUBLE' }, { name: 'ok', type: 'BOOLEAN' }].map((column) => ({ ...column, nullable: false }))
  const compressors = { SNAPPY: (page: Uint8Array) => snappy.compressSync(Buffer.from(page.buffer, page.byteOffset, page.byteLength)) }
  async function* rows(path: string): AsyncGenerator<object> {
    for await (const click of avsc.createFileDecoder(path) as AsyncIterable<Infer<typeof Click>>) yield { ...click, id: BigInt(click.id) }
  }
  return converting((path, out) => parquetWriteRows({ writer: fileWriter(join(out, 'clicks.parquet')), rows: rows(path), columns, rowGroupSize: 100_000, compressors }))
}

function converting(convert: (path: string, out: string) => Promise<void>): Variant {
  return {
    async prepare() {
      const rateCase = etlCases.find(({ name }) => name === 'etl/avro-parquet')
      for (const records of [rateCase?.records ?? 0, rateCase?.fewerRecords ?? 0]) await clickAvro(records)
      await loadRuntime()
    },
    async run(records, check) {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-etl-'))
      try {
        await convert(await clickAvro(records), directory)
        if (!check) return { rows: records, digest: 0 }
        const [row] = await queryOnOneThread(`SELECT count(*), sum(id) + sum(length("user")) + sum(length(page)) + sum(ms) + sum(ok::INT) FROM read_parquet('${directory}/**/*.parquet')`)
        return { rows: Number(row?.[0]), digest: Number(row?.[1]) }
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  }
}
