import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importJob } from '../../../src/environment/load-job.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { submit, type SubmitUrlOptions } from '../../../src/environment/submit.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

const url = new URL('fixtures/spinning-job.ts', import.meta.url)
const SPIN_MS = 2_000
/** Of the ticks that fit into the spin on an idle machine, about 40. */
const ENOUGH_TICKS = 8
let out: string

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'millrace-io-threads-'))
})
afterEach(() => rmSync(out, { recursive: true }))

interface Line {
  readonly thread: number
  readonly what: string
  readonly numbers: readonly number[]
}

const linesOf = (file: string): readonly Line[] =>
  readFileSync(join(out, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([thread, what = '', ...numbers]) => ({ thread: Number(thread), what, numbers: numbers.map(Number) }))
const threadsOf = (file: string): readonly number[] => [...new Set(linesOf(file).map(({ thread }) => thread))]
/** How often the timer of this part fired while the map function span; but for a moment at either end. */
function ticksDuringSpin(file: string): number {
  const [beganMs = 0, endedMs = 0] = linesOf('spin')[0]?.numbers ?? []
  return linesOf(file).filter(({ what, numbers: [ms = 0] }) => what === 'tick' && ms > beganMs + 20 && ms < endedMs - 20).length
}

async function run(options: SubmitUrlOptions): Promise<void> {
  const client = await submit(url, { logger: silentLogger, params: { out, spinMs: SPIN_MS }, ...options })
  expect(await client.done).toMatchObject({ state: 'finished', recordsIn: 400, recordsOut: 400, numRestarts: 0 })
  const records = linesOf('sink').filter(({ what }) => what === 'record').map(({ numbers: [n = -1] }) => n)
  expect(records.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, n) => n))
}

describe('a source and a sink in threads for I/O', { timeout: 30_000 }, () => {
  test('go on with what cannot wait while a function of the job spins in the thread of the program', async () => {
    await run({})
    expect(threadsOf('spin')).toEqual([threadId])
    expect(new Set([threadId, ...threadsOf('source'), ...threadsOf('sink')]).size).toBe(3)
    expect(ticksDuringSpin('source')).toBeGreaterThan(ENOUGH_TICKS)
    expect(ticksDuringSpin('sink')).toBeGreaterThan(ENOUGH_TICKS)
  })
  test('do so beside workers, one beside each', async () => {
    await run({ parallelism: 4, workers: 2 })
    expect(threadsOf('source')).toHaveLength(2)
    expect(threadsOf('sink')).toHaveLength(2)
    expect(new Set([threadId, ...threadsOf('spin'), ...threadsOf('source'), ...threadsOf('sink')]).size).toBe(6)
    expect(ticksDuringSpin('source')).toBeGreaterThan(ENOUGH_TICKS)
    expect(ticksDuringSpin('sink')).toBeGreaterThan(ENOUGH_TICKS)
  })
  test('have to wait for it where there are to be no threads', async () => {
    await run({ ioThreads: false })
    expect([...threadsOf('source'), ...threadsOf('spin'), ...threadsOf('sink')]).toEqual([threadId, threadId, threadId])
    expect([ticksDuringSpin('source'), ticksDuringSpin('sink')]).toEqual([0, 0])
  })
  test('need a job with an address', async () => {
    const job = await importJob(url)
    await expect(submit(job, { logger: silentLogger, params: { out, spinMs: 0 } })).rejects.toMatchObject({
      code: 'CORE_WORKERS_NEED_URL',
      message: expect.stringMatching(/thread for I\/O was asked for by source numbers.*ioThreads: false/) as string,
    })
  })
  test('run with the rest under the test kit, where time is virtual', async () => {
    expect(await runTestJob(await importJob(url), { params: { out, spinMs: 0 } })).toMatchObject({ state: 'finished', recordsOut: 400 })
  })
})
