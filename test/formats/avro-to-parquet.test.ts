import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSink, fileSource } from '@millrace/connector-file'
import { defineJob, silentLogger, submit, types } from '@millrace/core'
import type { Infer, RunOptions } from '@millrace/core'
import { collectingSink } from '@millrace/core/testing'
import { avro } from '@millrace/format-avro'
import { parquet } from '@millrace/format-parquet'
import { afterAll, describe, expect, test } from 'vitest'
import { rowsOf, withDuckDb } from '../e2e/duckdb.ts'

const directory = mkdtempSync(join(tmpdir(), 'avro-to-parquet-'))
afterAll(() => rmSync(directory, { recursive: true }))

const Flight = types.row({ id: types.long(), origin: types.string(), delay: types.int().nullable(), price: types.decimal(9, 2), at: types.timestamp(), tags: types.list(types.string()) })
const flights = Array.from({ length: 20_000 }, (_, id) => ({
  id, origin: ['TXL', 'SXF', 'BER'][id % 3] as string, delay: id % 10 === 0 ? null : id % 120, price: `${id % 1000}.${10 + (id % 90)}`, at: 1_700_000_000_000 + id * 1000, tags: id % 4 === 0 ? [] : [`t${id % 7}`, 'x'],
}))

const source = join(directory, 'flights.avro')
const parts: Uint8Array[] = []
const writer = avro(Flight, { blockBytes: 4096 }).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
for (const flight of flights) writer.write(flight)
void writer.finish()
writeFileSync(source, Buffer.concat(parts))

async function convert(name: string, options: RunOptions): Promise<string> {
  const out = join(directory, name)
  const job = defineJob({
    name,
    build(env) {
      env
        .fromSource(fileSource({ path: source, format: avro(Flight), splitBytes: 50_000 }))
        .uid('flights')
        .filter(({ delay }) => delay === null || delay > 30)
        .sinkTo(fileSink({ path: out, format: parquet(Flight, { codec: 'zstd', rowGroupRows: 3000 }) }), { uid: 'late' })
    },
  })
  await (await submit(job, { logger: silentLogger, ...options })).done
  return out
}

describe('Avro through the engine to Parquet', () => {
  const late = flights.filter(({ delay }) => delay === null || delay > 30)

  test.each<[string, RunOptions]>([
    ['one reader', {}],
    ['three readers and checkpoints', { parallelism: 3, checkpoints: { interval: '5ms' } }],
  ])('with %s has every row once, by DuckDB and back through the engine', async (name, options) => {
    const out = await convert(name.replaceAll(' ', '-'), options)
    const found = await withDuckDb((connection) => rowsOf(connection, `SELECT id::DOUBLE id, origin, delay, price::VARCHAR price, epoch_ms("at")::DOUBLE AS "at", tags FROM '${out}/**/*.parquet' ORDER BY id`))
    expect(found).toEqual(late)
    const output = collectingSink<Infer<typeof Flight>>()
    const back = defineJob({ name: 'back', build: (env) => env.fromSource(fileSource({ path: out, format: parquet(Flight, { filter: { origin: { eq: 'BER' } } }) })).sinkTo(output) })
    await (await submit(back, { logger: silentLogger })).done
    expect(output.values.toSorted((a, b) => a.id - b.id)).toEqual(late.filter(({ origin }) => origin === 'BER'))
  })

  test('a damaged block fails the job with its place, and is skipped if asked', async () => {
    const damaged = readFileSync(source)
    damaged.fill(0xff, 100_000, 100_010)
    const path = join(directory, 'damaged.avro')
    writeFileSync(path, damaged)
    const run = async (onBadRecord: 'fail' | 'skip'): Promise<readonly { readonly id: number }[]> => {
      const output = collectingSink<Infer<typeof Flight>>()
      const job = defineJob({ name: 'damaged', build: (env) => env.fromSource(fileSource({ path, format: avro(Flight), onBadRecord })).sinkTo(output) })
      await (await submit(job, { logger: silentLogger })).done
      return output.values
    }
    await expect(run('fail')).rejects.toMatchObject({ code: 'AVRO_DATA', at: { file: path, offset: expect.any(Number) as number } })
    const good = await run('skip')
    expect(good.length).toBeGreaterThan(19_000)
    expect(good.length).toBeLessThan(20_000)
  })
})
