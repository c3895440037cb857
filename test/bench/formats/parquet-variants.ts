import { closeSync, existsSync, mkdtempSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIGINT, BOOLEAN, DOUBLE, DuckDBDataChunk, DuckDBInstance, VARCHAR } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import { types } from '@millrace/core'
import type { Infer } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import type { Outcome, Variant } from '../rate-case.ts'
import { Click, clickLines, clickParquet } from './click-data.ts'
import { ClickTally } from './click-tally.ts'
import { queryOnOneThread } from './duckdb-row.ts'
import { parquetCases } from './parquet-cases.ts'
import { readWithFormat } from './read-with-format.ts'

type Clicks = Infer<typeof Click>
const Times = types.row({ page: types.string(), ms: types.double() })
const ROW_GROUP = 100_000
const CHUNK_ROWS = 2048

export function readRowsOurs(): Variant {
  return reading('parquet/read-rows', clickParquet, async (path) => {
    const tally = new ClickTally()
    await readWithFormat(parquet(Click).fileReader, path, (click) => tally.take(click))
    return tally.outcome()
  })
}

/** Chunk by chunk, each row an object with the int64 as a number, which is what ours gives. */
export function readRowsDuckDb(): Variant {
  return reading('parquet/read-rows', clickParquet, (path) =>
    withConnection(async (connection) => {
      const tally = new ClickTally()
      const result = await connection.stream(`SELECT * FROM read_parquet('${path}')`)
      for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        for (const [id, user, page, ms, ok] of chunk.getRows() as unknown as readonly (readonly [bigint, string, string, number, boolean])[]) tally.take({ id: Number(id), user, page, ms, ok })
      }
      return tally.outcome()
    }),
  )
}

interface ParquetJs {
  readonly ParquetReader: { openFile(path: string): Promise<{ getCursor(): { next(): Promise<Clicks | null> }; close(): Promise<void> }> }
  readonly ParquetSchema: new (fields: unknown) => unknown
  readonly ParquetWriter: { openFile(schema: unknown, path: string): Promise<{ appendRow(row: unknown): Promise<void>; close(): Promise<void> }> }
}
const loadParquetJs = (): ParquetJs => createRequire(new URL('../../../formats/parquet/package.json', import.meta.url))('parquetjs-lite') as ParquetJs

export function readRowsParquetJs(): Variant {
  return reading('parquet/read-rows', ownFile, async (path) => {
    const tally = new ClickTally()
    const reader = await loadParquetJs().ParquetReader.openFile(path)
    const cursor = reader.getCursor()
    for (let click = await cursor.next(); click !== null; click = await cursor.next()) tally.take({ ...click, id: Number(click.id) })
    await reader.close()
    return tally.outcome()
  })
}

/** A file that parquetjs-lite can read; only as large as it is timed with. */
async function ownFile(records: number): Promise<string> {
  const limited = Math.min(records, 50_000)
  const path = (await clickLines(limited)).replace('.jsonl', '.parquetjs.parquet')
  if (existsSync(path)) return path
  const { ParquetSchema, ParquetWriter } = loadParquetJs()
  const text = { type: 'UTF8', compression: 'SNAPPY' }
  const schema = new ParquetSchema({ id: { type: 'INT64', compression: 'SNAPPY' }, user: text, page: text, ms: { type: 'DOUBLE', compression: 'SNAPPY' }, ok: { type: 'BOOLEAN', compression: 'SNAPPY' } })
  const writer = await ParquetWriter.openFile(schema, `${path}.${process.pid}`)
  for (const click of await allClicks(limited)) await writer.appendRow(click)
  await writer.close()
  renameSync(`${path}.${process.pid}`, path)
  return path
}

export function readColumnsOurs(): Variant {
  return reading('parquet/read-columns', clickParquet, async (path) => {
    let [rows, digest] = [0, 0]
    await readWithFormat(parquet(Times).fileReader, path, ({ page, ms }) => {
      rows++
      digest += page.length + ms
    })
    return { rows, digest }
  })
}

export function readColumnsDuckDb(): Variant {
  return reading('parquet/read-columns', clickParquet, (path) =>
    withConnection(async (connection) => {
      let [rows, digest] = [0, 0]
      const result = await connection.stream(`SELECT page, ms FROM read_parquet('${path}')`)
      for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        const [pages, times] = chunk.getColumns() as unknown as readonly [readonly string[], readonly number[]]
        for (let i = 0; i < pages.length; i++) digest += (pages[i] as string).length + (times[i] as number)
        rows += pages.length
      }
      return { rows, digest }
    }),
  )
}

export function writeOurs(): Variant {
  return writing(async (clicks, path) => {
    const file = openSync(path, 'w')
    const writer = parquet(Click, { rowGroupRows: ROW_GROUP }).fileWriter.open({ write: (bytes) => void writeSync(file, bytes) }, { continued: false })
    for (const click of clicks) writer.write(click)
    await writer.finish()
    closeSync(file)
  })
}

/** Chunk-wise, the fastest of its ways to append from JavaScript, and a copy to the file. */
export function writeDuckDb(): Variant {
  return writing((clicks, path) =>
    withConnection(async (connection) => {
      await connection.run('CREATE TABLE clicks (id BIGINT, "user" VARCHAR, page VARCHAR, ms DOUBLE, ok BOOLEAN)')
      const appender = await connection.createAppender('clicks')
      for (let start = 0; start < clicks.length; start += CHUNK_ROWS) {
        const part = clicks.slice(start, start + CHUNK_ROWS)
        const chunk = DuckDBDataChunk.create([BIGINT, VARCHAR, VARCHAR, DOUBLE, BOOLEAN], part.length)
        chunk.setColumns([part.map(({ id }) => BigInt(id)), part.map(({ user }) => user), part.map(({ page }) => page), part.map(({ ms }) => ms), part.map(({ ok }) => ok)])
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
      await connection.run(`COPY clicks TO '${path}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${ROW_GROUP})`)
    }),
  )
}

function reading(caseName: string, file: (records: number) => Promise<string>, read: (path: string) => Promise<Outcome>): Variant {
  return {
    async prepare() {
      for (const records of sizesOf(caseName)) await file(records)
    },
    run: async (records) => read(await file(records)),
  }
}

function writing(write: (clicks: readonly Clicks[], path: string) => Promise<void>): Variant {
  let clicks: readonly Clicks[] = []
  return {
    async prepare() {
      clicks = await allClicks(sizesOf('parquet/write')[0] ?? 0)
    },
    async run(records, check) {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-parquet-'))
      const path = join(directory, 'clicks.parquet')
      try {
        await write(clicks.slice(0, records), path)
        if (statSync(path).size === 0) throw new Error('nothing was written')
        if (!check) return { rows: records, digest: 0 }
        const [row] = await queryOnOneThread(`SELECT count(*), sum(id) + sum(length("user")) + sum(length(page)) + sum(ms) + sum(ok::INT) FROM read_parquet('${path}')`)
        return { rows: Number(row?.[0]), digest: Number(row?.[1]) }
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  }
}

async function allClicks(records: number): Promise<readonly Clicks[]> {
  const clicks: Clicks[] = []
  await readWithFormat(jsonLines(Click).fileReader, await clickLines(records), (click) => clicks.push(click))
  return clicks
}

async function withConnection<R>(body: (connection: DuckDBConnection) => Promise<R>): Promise<R> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    return await body(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function sizesOf(name: string): readonly number[] {
  const rateCase = parquetCases.find((each) => each.name === name)
  return [rateCase?.records ?? 0, rateCase?.fewerRecords ?? 0]
}
