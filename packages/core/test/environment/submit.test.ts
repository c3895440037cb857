import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defineJob } from '../../src/api/define-job.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import type { RunOptions } from '../../src/environment/run-options.ts'
import { submit } from '../../src/environment/submit.ts'
import { MillraceError } from '../../src/errors.ts'
import type { CheckpointStorage } from '../../src/spi/checkpoint-storage.ts'
import { testJob } from '../../src/testing/test-job.ts'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { MetricReporter } from '../../src/spi/metric-reporter.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { end } from '../../src/testing/script.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-submit-'))
})
afterAll(() => rm(directory, { recursive: true }))

const quiet = { logger: silentLogger } as const
const finite = (sink = collectingSink<number>()): ReturnType<typeof defineJob> =>
  defineJob({ name: 'finite', build: (env) => env.fromSource(scriptedSource<number>([1, 2, 3, end]), undefined, { uid: 'numbers' }).sinkTo(sink, { uid: 'sink' }) })
const endless = defineJob({ name: 'endless', build: (env) => env.fromSource(scriptedSource<number>([1, 2, 3]), undefined, { uid: 'numbers' }).sinkTo(collectingSink(), { uid: 'sink' }) })

describe('submit', () => {
  test('runs a job in real time and tells how it ended', async () => {
    const sink = collectingSink<number>()
    const client = await submit(finite(sink), quiet)
    expect(await client.done).toMatchObject({ state: 'finished', recordsIn: 3, recordsOut: 3, recordsRejected: 0, numRestarts: 0 })
    expect(sink.values).toEqual([1, 2, 3])
    expect(client.status()).toMatchObject({ jobName: 'finite', state: 'finished', vertices: [{ parallelism: 1, numRecordsIn: 3, numRecordsOut: 3 }] })
  })
  test('aborting the signal cancels', async () => {
    const abort = new AbortController()
    const client = await submit(endless, { ...quiet, signal: abort.signal })
    abort.abort()
    expect(await client.done).toMatchObject({ state: 'canceled' })
    const aborted = await submit(endless, { ...quiet, signal: AbortSignal.abort() })
    expect(await aborted.done).toMatchObject({ state: 'canceled' })
  })
  test('leaving an `await using` block cancels', async () => {
    const client = await submit(endless, quiet)
    {
      await using _running = client
    }
    expect(client.status().state).toBe('canceled')
  })
  test('stop is graceful, whenever it is asked for', async () => {
    const client = await submit(endless, { ...quiet, checkpoints: { storage: memoryCheckpointStorage() } })
    expect(await client.stop()).toMatchObject({ state: 'stopped' })
    expect(await client.stop()).toMatchObject({ state: 'stopped' })
  })
  test('stop and savepoint use the configured directory', async () => {
    const savepointDirectory = join(directory, 'savepoints')
    const client = await submit(endless, { ...quiet, checkpoints: { storage: memoryCheckpointStorage(), savepointDirectory } })
    const { savepoint } = await client.stop()
    expect(savepoint).toContain(savepointDirectory)
  })
  test('a savepoint needs a directory', async () => {
    await using client = await submit(endless, { ...quiet, checkpoints: { storage: memoryCheckpointStorage() } })
    await expect(client.savepoint()).rejects.toMatchObject({ code: 'CKPT_NO_SAVEPOINT_DIRECTORY', origin: 'user' })
  })
  test('while the job starts there is nothing to save yet', async () => {
    await using client = await submit(endless, { ...quiet, checkpoints: { storage: memoryCheckpointStorage() } })
    let code: unknown
    do {
      code = await client.savepoint(join(directory, 'early')).then(() => 'taken', (error: unknown) => (MillraceError.is(error) && error.retryable ? error.code : error))
      expect(code).toBeOneOf(['CORE_NOT_RUNNING', 'CKPT_NOT_RUNNING', 'taken'])
    } while (code !== 'taken')
  })
  test('a run whose lease was taken over ends with that error, and is not tried again', async () => {
    const memory = memoryCheckpointStorage()
    const storage: CheckpointStorage = {
      ...memory,
      async open(context) {
        const store = await memory.open(context)
        const acquire = store.acquireLease.bind(store)
        store.acquireLease = async (owner) => {
          const lease = await acquire(owner)
          return { epoch: lease.epoch, renew: () => Promise.reject(new MillraceError('CKPT_FENCED', 'another run took over', { origin: 'user' })), release: () => lease.release() }
        }
        return store
      },
    }
    const job = await testJob((env) => env.fromSource(scriptedSource<number>([1])).sinkTo(collectingSink()), { checkpoints: { storage } })
    await expect(job.finish()).rejects.toMatchObject({ code: 'CKPT_FENCED' })
    expect(job.client.status()).toMatchObject({ state: 'failed', numRestarts: 0, failure: { code: 'CKPT_FENCED' } })
  })
  test('after the end there is nothing to save', async () => {
    const client = await submit(finite(), { ...quiet, checkpoints: { storage: memoryCheckpointStorage() } })
    await client.done
    await expect(client.savepoint(directory)).rejects.toMatchObject({ code: 'CORE_NOT_RUNNING' })
    await client.cancel()
    expect(client.status().state).toBe('finished')
  })
  test('a second run on the same checkpoints is refused while the first one lives', async () => {
    const options: RunOptions = { ...quiet, checkpoints: { storage: join(directory, 'leased') } }
    await using _first = await submit(endless, options)
    await expect(submit(endless, options)).rejects.toMatchObject({ code: 'CKPT_LEASE_HELD', origin: 'user' })
  })
  test('and accepted when it has ended', async () => {
    const options: RunOptions = { ...quiet, checkpoints: { storage: join(directory, 'released') } }
    await (await submit(finite(), options)).done
    expect(await (await submit(finite(), { ...options, from: 'latest' })).done).toMatchObject({ state: 'finished', recordsIn: 0 })
  })
  test('durable checkpoints need uids on what keeps state', async () => {
    const job = defineJob({ name: 'anonymous', build: (env) => env.fromData([1]).keyBy((n) => n).reduce((a) => a).sinkTo(collectingSink()) })
    await expect(submit(job, { ...quiet, checkpoints: { storage: directory } })).rejects.toMatchObject({ code: 'CORE_UID_REQUIRED', origin: 'user' })
  })
  test('reporters see the metrics at least once, at the end, and are closed', async () => {
    const reports: number[] = []
    let closed = false
    const reporter: MetricReporter = {
      name: 'test',
      intervalMs: 60_000,
      report: (samples) => void reports.push(samples.filter(({ name }) => name === 'numRecordsOut').reduce((sum, { value }) => sum + value, 0)),
      close: () => {
        closed = true
      },
    }
    await (await submit(finite(), { ...quiet, metricReporters: [reporter] })).done
    expect(reports.at(-1)).toBeGreaterThanOrEqual(3)
    expect(closed).toBe(true)
  })
  test('a failure nobody waits for does not end the process', async () => {
    const job = defineJob({ name: 'failing', build: (env) => env.fromData([1]).map(() => { throw new Error('no') }).sinkTo(collectingSink()) })
    const client = await submit(job, quiet)
    while (client.status().state !== 'failed') await new Promise(setImmediate)
    expect(client.status().failure).toMatchObject({ code: 'CORE_USER_FUNCTION' })
  })
})
