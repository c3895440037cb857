/**
 * Reads every file of a directory with parquet() and with DuckDB and compares them value by value:
 * `parquet-corpus.ts DIRECTORY`, for example `data` of apache/parquet-testing. Prints a Markdown table of what is not the same
 * and the counts; fails if values differ. Readings that DuckDB cannot check are told as such.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MillraceError } from '@millrace/core'
import { parquet } from '@millrace/format-parquet'
import { rowsOf, withDuckDb } from '../e2e/duckdb.ts'
import { bytesInput, readAll } from './read-format.ts'

type Verdict = 'same' | 'refused' | 'unchecked' | 'different'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('expected a directory of Parquet files')
const files = readdirSync(directory).filter((name) => name.endsWith('.parquet'))
if (files.length === 0) throw new Error(`expected files ….parquet in ${directory}, found none`)

/** Values as both sides can say them: whole numbers as text, times as milliseconds, maps and bytes as arrays. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : Number(value.toPrecision(15))
  if (value instanceof Date) return String(value.getTime())
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (value instanceof Map) return Array.from(value, ([key, each]) => ({ key: plain(key), value: plain(each) }))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

/** Dates come as Date from DuckDB and as days from us; decimals as doubles and as text. */
function same(ours: unknown, theirs: unknown): boolean {
  const [a, b] = [plain(ours), plain(theirs)]
  if (isDeepStrictEqual(a, b)) return true
  if (theirs instanceof Date && typeof ours === 'number') return String(ours * 86_400_000) === b
  if (typeof theirs === 'number' && typeof ours === 'string') return Number(ours) === theirs
  if (Array.isArray(ours) && Array.isArray(theirs)) return ours.length === theirs.length && ours.every((each, index) => same(each, theirs[index]))
  if (typeof ours === 'object' && typeof theirs === 'object' && ours !== null && theirs !== null && !(ours instanceof Map)) {
    return Object.entries(theirs).every(([key, each]) => same((ours as Readonly<Record<string, unknown>>)[key], each))
  }
  return false
}

async function verdict(path: string, bytes: Uint8Array, sql: (text: string) => ReturnType<typeof rowsOf>): Promise<readonly [Verdict, string]> {
  const ours = await readAll(parquet().fileReader, bytesInput(path, bytes, bytes.length)).catch((error: unknown) => error)
  if (MillraceError.is(ours)) return ['refused', ours.code]
  if (ours instanceof Error) throw ours
  const { rows, bad } = ours as Awaited<ReturnType<typeof readAll<Readonly<Record<string, unknown>>>>>
  const theirs = await sql(`SELECT * FROM read_parquet('${path}')`).catch((error: unknown) => error)
  if (theirs instanceof Error) return ['unchecked', `${rows.length} rows; DuckDB: ${theirs.message.split('\n')[0]?.slice(0, 80) ?? ''}`]
  const expected = theirs as Awaited<ReturnType<typeof rowsOf>>
  if (rows.length + bad.length !== expected.length) return ['different', `${rows.length} rows, expected ${expected.length}`]
  if (bad.length > 0) return ['refused', `${bad.length} bad records: ${bad[0]?.record.reason ?? ''}`]
  for (const [index, row] of rows.entries()) {
    const name = Object.keys(row).find((each) => !same(row[each], expected[index]?.[each]))
    if (name !== undefined) return ['different', `row ${index}, ${name}: ${JSON.stringify(plain(row[name]))?.slice(0, 80)}, expected ${JSON.stringify(plain(expected[index]?.[name]))?.slice(0, 80)}`]
  }
  return ['same', '']
}

await withDuckDb(async (connection) => {
  const counts: Record<Verdict, number> = { same: 0, refused: 0, unchecked: 0, different: 0 }
  process.stdout.write('| file | verdict | |\n|---|---|---|\n')
  for (const name of files) {
    const path = join(directory, name)
    const [found, why] = await verdict(path, readFileSync(path), (text) => rowsOf(connection, text))
    counts[found]++
    if (found !== 'same') process.stdout.write(`| ${name} | ${found} | ${why.replaceAll('|', '\\|')} |\n`)
  }
  process.stdout.write(`\n${files.length} files: ${Object.entries(counts).map(([each, count]) => `${count} ${each}`).join(', ')}\n`)
  if (counts.different > 0) process.exitCode = 1
})
