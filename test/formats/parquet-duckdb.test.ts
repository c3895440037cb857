import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import { types } from '@millrace/core'
import type { FormatInput } from '@millrace/core/spi'
import { parquet } from '@millrace/format-parquet'
import type { ParquetWriteOptions } from '@millrace/format-parquet'
import { parquetjs } from '@millrace/format-parquet/parquetjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** DuckDB reads what we write and writes what we read: value by value, through SQL on one side and rows on the other. */

const Row = types.row({
  id: types.long(), big: types.bigint(), small: types.int().nullable(), flag: types.boolean().nullable(), f: types.float(), d: types.double().nullable(), s: types.string(), raw: types.bytes().nullable(),
  at: types.timestamp().nullable(), day: types.date(), time: types.time(), dec4: types.decimal(4, 2), dec18: types.decimal(18, 6).nullable(), dec38: types.decimal(38, 10),
  list: types.list(types.int().nullable()).nullable(), struct: types.row({ x: types.double(), y: types.string().nullable() }).nullable(), map: types.map(types.string(), types.long()), deep: types.list(types.list(types.string())),
})

const count = 1000
const rows = Array.from({ length: count }, (_, i) => ({
  id: i * 1_000_003 * (i % 2 === 0 ? 1 : -1), big: (i % 2 === 0 ? 1n : -1n) * (2n ** 62n + BigInt(i)), small: i % 3 === 0 ? null : i - 1000, flag: i % 7 === 0 ? null : i % 2 === 0, f: Math.fround(i / 3), d: i % 11 === 0 ? null : i / 7,
  s: `text ${i % 50} é漢😀`, raw: i % 4 === 0 ? null : Uint8Array.of(i & 255, 0, 255), at: i % 5 === 0 ? null : 1_700_000_000_000 + i * 997, day: i - 500, time: i * 40_000, dec4: `${i % 2 === 0 ? '-' : ''}${i % 90}.${10 + (i % 90)}`, dec18: i % 6 === 0 ? null : `${i - 900}.000${100 + (i % 900)}`, dec38: `${i % 2 === 0 ? '-' : ''}1234567890123456789012345${1 + (i % 9)}.0000000${100 + (i % 900)}`,
  list: i % 8 === 0 ? null : Array.from({ length: i % 4 }, (_item, k) => (k === 1 ? null : k + i)), struct: i % 9 === 0 ? null : { x: i / 2, y: i % 2 === 0 ? null : `y${i}` }, map: new Map(Array.from({ length: i % 3 }, (_entry, k) => [`k${k}`, k * i])), deep: Array.from({ length: i % 3 }, (_inner, k) => Array.from({ length: k }, () => `v${i}`)),
}))

/** Every column as text that is equal on both sides. */
const SQL = `SELECT id::VARCHAR id, big::VARCHAR big, small::VARCHAR small, flag::VARCHAR flag, f::DOUBLE::VARCHAR f, d::VARCHAR d, s, hex(raw) raw, epoch_ms("at")::VARCHAR at_ms, (day - DATE '1970-01-01')::VARCHAR AS day, (epoch_us(time) // 1000)::VARCHAR AS time,
  dec4::VARCHAR dec4, dec18::VARCHAR dec18, dec38::VARCHAR dec38, to_json(list)::VARCHAR list, to_json("struct")::VARCHAR "struct", to_json("map")::VARCHAR AS "map", to_json(deep)::VARCHAR deep`

const text = (value: number | bigint | boolean | null): string | null => (value === null ? null : String(value))
const double = (value: number | null): string | null => (value === null ? null : Number.isInteger(value) ? `${value}.0` : String(value))
const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
const expected = (row: (typeof rows)[number]): unknown[] => [
  text(row.id), text(row.big), text(row.small), text(row.flag), row.f, row.d, row.s, row.raw === null ? null : Buffer.from(row.raw).toString('hex').toUpperCase(), text(row.at), text(row.day), text(row.time),
  row.dec4, row.dec18, row.dec38, json(row.list), row.struct === null ? null : `{"x":${double(row.struct.x)},"y":${json(row.struct.y)}}`, json(Object.fromEntries(row.map)), json(row.deep),
]

let directory: string
let connection: DuckDBConnection

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-parquet-'))
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
})

afterAll(() => {
  connection.closeSync()
  rmSync(directory, { recursive: true, force: true })
})

function fileOf(bytes: Buffer): FormatInput {
  return { path: 'in.parquet', bytes: { size: bytes.length, read: (start, end) => Promise.resolve(new Uint8Array(bytes.subarray(start, end))) }, chunks: () => { throw new Error('not read in order') } }
}

async function read<T>(format: { readonly fileReader: { open(input: FormatInput, options: { readonly signal: AbortSignal }): { readBatch(): Promise<{ readonly values: readonly T[]; readonly bad: readonly unknown[] } | undefined> } } }, bytes: Buffer): Promise<readonly T[]> {
  const reader = format.fileReader.open(fileOf(bytes), { signal: new AbortController().signal })
  const found: T[] = []
  for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) {
    expect(batch.bad).toEqual([])
    found.push(...batch.values)
  }
  return found
}

function write(options: ParquetWriteOptions): Buffer {
  const parts: Uint8Array[] = []
  const writer = parquet(Row, options).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of rows) writer.write(row)
  void writer.finish()
  return Buffer.concat(parts)
}

describe('what we write', () => {
  test.each(['uncompressed', 'snappy', 'gzip', 'zstd'] as const)('with %s is what DuckDB reads, and what we read', async (codec) => {
    for (const dictionary of [true, false]) {
      const file = write({ codec, dictionary, rowGroupRows: 300, pageBytes: 4000, bloomFilters: ['s', 'id'], metadata: { owner: 'me' } })
      const path = join(directory, `${codec}-${dictionary}.parquet`)
      writeFileSync(path, file)
      const found = (await connection.runAndReadAll(`${SQL} FROM '${path}'`)).getRows() as unknown[][]
      expect(found.length).toBe(count)
      found.forEach((values, index) => {
        const own = expected(rows[index] as (typeof rows)[number])
        expect(values.map((value, column) => (value !== null && (column === 4 || column === 5) ? Number(value) : value))).toEqual(own)
      })
      expect(await read(parquet(Row), file)).toEqual(rows)
    }
  })

  test('has types, statistics, bloom filters and metadata that DuckDB understands', async () => {
    const path = join(directory, 'filters.parquet')
    writeFileSync(path, write({ rowGroupRows: 500, bloomFilters: ['s'], metadata: { owner: 'me' } }))
    const types_ = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM '${path}'`)).getRows().map(([name, type]) => `${String(name)} ${String(type)}`)
    expect(types_).toEqual([
      'id BIGINT', 'big BIGINT', 'small INTEGER', 'flag BOOLEAN', 'f FLOAT', 'd DOUBLE', 's VARCHAR', 'raw BLOB', 'at TIMESTAMP WITH TIME ZONE', 'day DATE', 'time TIME', 'dec4 DECIMAL(4,2)', 'dec18 DECIMAL(18,6)', 'dec38 DECIMAL(38,10)',
      'list INTEGER[]', 'struct STRUCT(x DOUBLE, y VARCHAR)', 'map MAP(VARCHAR, BIGINT)', 'deep VARCHAR[][]',
    ])
    const one = await connection.runAndReadAll(`SELECT count(*)::INTEGER, min(id)::VARCHAR, max("at")::VARCHAR IS NOT NULL FROM '${path}' WHERE s = 'text 7 é漢😀' AND dec38 < 0 AND day >= DATE '1970-01-01'`)
    const matching = rows.filter((row) => row.s === 'text 7 é漢😀' && row.dec38.startsWith('-') && row.day >= 0)
    expect(one.getRows()[0]).toEqual([matching.length, matching.length === 0 ? null : String(Math.min(...matching.map(({ id }) => id))), matching.length > 0])
    const kv = (await connection.runAndReadAll(`SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`)).getRows()
    expect(kv).toContainEqual(['owner', 'me'])
    const stats = (await connection.runAndReadAll(`SELECT stats_min_value, stats_max_value, stats_null_count::INTEGER FROM parquet_metadata('${path}') WHERE path_in_schema = 'small' AND row_group_id = 0`)).getRows()
    expect(stats).toEqual([['-999', '-501', 167]])
  })
})

test('what parquetjs-lite writes is what DuckDB reads', async () => {
  const Flat = types.row({ id: types.long(), small: types.int().nullable(), s: types.string(), at: types.timestamp().nullable(), day: types.date(), list: types.list(types.int()) })
  const flat = rows.map(({ id, small, s, at, day, list }) => ({ id, small, s, at, day: Math.abs(day), list: (list ?? []).filter((item) => item !== null) }))
  const parts: Uint8Array[] = []
  const writer = parquetjs(Flat, { rowGroupRows: 300 }).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of flat) writer.write(row)
  await writer.finish()
  const path = join(directory, 'parquetjs.parquet')
  writeFileSync(path, Buffer.concat(parts))
  const found = await connection.runAndReadAll(`SELECT id::DOUBLE, small, s, epoch_ms("at")::DOUBLE, (day - DATE '1970-01-01')::INTEGER, to_json(list)::VARCHAR FROM '${path}'`)
  expect(found.getRows()).toEqual(flat.map(({ id, small, s, at, day, list }) => [id, small, s, at, day, JSON.stringify(list)]))
})

describe('what DuckDB writes', () => {
  const source = join('own.parquet')

  test.each([
    ['uncompressed', 'V1'], ['snappy', 'V1'], ['gzip', 'V1'], ['zstd', 'V1'], ['brotli', 'V1'], ['lz4_raw', 'V1'], ['snappy', 'V2'], ['zstd', 'V2'], ['uncompressed', 'V2'],
  ])('with %s and %s encodings is what we read', async (codec, version) => {
    const own = join(directory, source)
    writeFileSync(own, write({ codec: 'snappy' }))
    for (const dictionary of [1, 1_000_000]) {
      const path = join(directory, `duck-${codec}-${version}-${dictionary}.parquet`)
      await connection.run(`COPY (FROM '${own}') TO '${path}' (FORMAT parquet, COMPRESSION '${codec}', PARQUET_VERSION '${version}', ROW_GROUP_SIZE 2048, DICTIONARY_SIZE_LIMIT ${dictionary})`)
      expect(await read(parquet(Row), readFileSync(path))).toEqual(rows)
    }
  })
})
