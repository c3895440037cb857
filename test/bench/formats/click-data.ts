import { existsSync, renameSync } from 'node:fs'
import { types } from '@millrace/core'
import { dataFile, mulberry32 } from './data-file.ts'
import { queryOnOneThread } from './duckdb-row.ts'

/** Narrow rows, about 75 bytes of JSON. */
export const Click = types.row({ id: types.long(), user: types.string(), page: types.string(), ms: types.double(), ok: types.boolean() })

const PAGES = ['home', 'cart', 'search', 'item', 'help']

/** JSON lines. Fractions are quarters, so that sums are exact in any order. */
export function clickLines(records: number): Promise<string> {
  const random = mulberry32(5)
  return dataFile('clicks.jsonl', records, '', (id) => {
    const click = { id, user: `user-${random() % 100_000}`, page: PAGES[random() % PAGES.length] ?? '', ms: (random() % 40_000) / 4, ok: random() % 10 !== 0 }
    return `${JSON.stringify(click)}\n`
  })
}

export const CLICK_COLUMNS = "{'id': 'BIGINT', 'user': 'VARCHAR', 'page': 'VARCHAR', 'ms': 'DOUBLE', 'ok': 'BOOLEAN'}"

/** The same clicks as a Parquet file of DuckDB. */
export async function clickParquet(records: number): Promise<string> {
  const lines = await clickLines(records)
  const path = lines.replace('.jsonl', '.parquet')
  if (existsSync(path)) return path
  await queryOnOneThread(`COPY (SELECT * FROM read_json('${lines}', format = 'newline_delimited', columns = ${CLICK_COLUMNS})) TO '${path}.${process.pid}' (FORMAT parquet, COMPRESSION snappy)`)
  renameSync(`${path}.${process.pid}`, path)
  return path
}
