/** Writes or reads a Parquet file of so many rows and prints its peak of resident memory: `parquet-memory-worker.ts write|read ROWS FILE`. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { types } from '@millrace/core'
import { parquet } from '@millrace/format-parquet'
import { mulberry32 } from './data-file.ts'
import { readWithFormat } from './read-with-format.ts'

const Visit = types.row({ id: types.bigint(), user: types.string(), page: types.string(), ms: types.double(), at: types.timestamp(), score: types.int().nullable(), tags: types.list(types.int()) })
const BATCH = 1024
const PAGES = ['home', 'cart', 'search', 'item', 'help']

export interface MemoryReport {
  readonly rows: number
  readonly peakMb: number
  readonly cpuSeconds: number
}

const [mode, count, path] = process.argv.slice(2)
if (path === undefined) throw new Error('expected write or read, a number of rows, and a file')
const rows = mode === 'write' ? await write(Number(count), path) : await read(path)
const { user, system } = process.cpuUsage()
process.stdout.write(JSON.stringify({ rows, peakMb: process.resourceUsage().maxRSS / 1024, cpuSeconds: (user + system) / 1e6 } satisfies MemoryReport))

/** In turns of the event loop, as a task takes its batches: buffers are freed between them. */
async function write(records: number, to: string): Promise<number> {
  const random = mulberry32(3)
  const file = openSync(to, 'w')
  const writer = parquet(Visit).fileWriter.open({ write: (bytes) => void writeSync(file, bytes) }, { continued: false })
  for (let id = 0; id < records; id++) {
    if (id % BATCH === 0) await setImmediate()
    const number = random()
    writer.write({ id: BigInt(id), user: `user-${number % 1_000_000}`, page: PAGES[number % 5] as string, ms: number / 4, at: 1.7e12 + id * 10, score: number % 3 === 0 ? null : number % 100, tags: number % 4 === 0 ? [] : [number % 10, id % 10] })
  }
  void writer.finish()
  closeSync(file)
  return records
}

async function read(from: string): Promise<number> {
  let [seen, sum] = [0, 0n]
  await readWithFormat(parquet(Visit).fileReader, from, ({ id, tags }) => {
    seen++
    sum += id + BigInt(tags.length)
  })
  if (sum <= 0n) throw new Error(`expected a positive sum, found ${sum}`)
  return seen
}
