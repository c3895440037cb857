import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import type { RunOptions } from '../../../src/environment/run-options.ts'
import { MillraceError } from '../../../src/errors.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import type { Logger } from '../../../src/spi/logger.ts'
import type { Source } from '../../../src/spi/source.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, crash, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

const checkpoints = { interval: '5ms' } as const
const restart: RunOptions['restart'] = { kind: 'fixedDelay', attempts: 3, delay: '1s' }
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** Lanes that do not exchange records; `opened` gets the subtask of each start. */
function lanes(source: Source<number>, opened: number[], sink: ReturnType<typeof collectingSink<number>>) {
  return (env: StreamExecutionEnvironment): void => {
    env
      .fromSource(source)
      .process((context) => {
        opened.push(context.subtaskIndex)
        return { processElement: (n, timestamp, output) => output.collect(n, timestamp) }
      }, types.long())
      .sinkTo(sink)
  }
}

describe('a lane that fails', () => {
  test('restarts alone, from the newest checkpoint', async () => {
    const opened: number[] = []
    const sink = collectingSink<number>()
    const source = scriptedSource<number>([...range(0, 50), end], [...range(100, 120), checkpoint, ...range(120, 130), crash, ...range(130, 150), end], [...range(200, 250), end])
    const result = await runTestJob(lanes(source, opened, sink), { parallelism: 3, checkpoints, restart })
    expect(result.numRestarts).toBe(1)
    expect(opened.toSorted()).toEqual([0, 1, 1, 2])
    expect(sink.values.toSorted((a, b) => a - b)).toEqual([...range(0, 50), ...range(100, 150), ...range(200, 250)])
  })
  test('restarts alone before the first checkpoint too', async () => {
    const opened: number[] = []
    const sink = collectingSink<number>()
    const source = scriptedSource<number>([1, 2, crash, 3, end], [4, 5, end])
    const result = await runTestJob(lanes(source, opened, sink), { parallelism: 2, checkpoints: { interval: '10s' }, restart })
    expect(result.numRestarts).toBe(1)
    expect(opened.toSorted()).toEqual([0, 0, 1])
    expect(sink.values.toSorted()).toEqual([1, 2, 3, 4, 5])
  })
  test('counts as every failure: when the restarts are used up the job fails', async () => {
    const source = scriptedSource<number>([1, crash, 2, crash, 3, end], [4, checkpoint, checkpoint, checkpoint, 5, end])
    const job = await testJob(lanes(source, [], collectingSink()), { parallelism: 2, checkpoints, restart: { kind: 'fixedDelay', attempts: 1, delay: '1s' } })
    await expect(job.finish()).rejects.toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
    expect(job.client.status()).toMatchObject({ state: 'failed', numRestarts: 1 })
  })
  test('lets a savepoint that is asked for meanwhile wait until all lanes run', async () => {
    const opened: number[] = []
    const source = scriptedSource<number>([1, 2, crash, 3], [4, 5])
    const directory = await mkdtemp(join(tmpdir(), 'millrace-region-'))
    const job = await testJob(lanes(source, opened, collectingSink<number>()), { parallelism: 2, checkpoints, restart })
    await job.until(() => job.client.status().failure !== undefined)
    expect(job.client.status().state).toBe('running')
    expect(await job.savepoint(directory)).toContain(directory)
    expect(job.client.status()).toMatchObject({ state: 'running', numRestarts: 1 })
    expect(job.client.status().failure).toBeUndefined()
    expect(opened.toSorted()).toEqual([0, 0, 1])
    await job.cancel()
    await rm(directory, { recursive: true })
  })
  test.each([
    ['a lane', 'a region runs again', 2],
    ['a whole job', 'the job runs again', 1],
  ])('%s says how long it took until it ran again', async (_what, message, parallelism) => {
    const lines: unknown[] = []
    const info: Logger['info'] = (fields, line) => void (line === message && lines.push(fields['durationMs']))
    const source = scriptedSource<number>([1, 2, crash, 3, end], [4, end])
    const job = await testJob(lanes(source, [], collectingSink()), { parallelism, checkpoints, restart, logger: { debug() {}, info, warn() {}, error() {} } })
    expect(job.metric('restartingTime')).toBe(0)
    await job.until(() => job.client.status().failure !== undefined)
    await job.advance(500)
    expect(job.metric('restartingTime')).toBeGreaterThanOrEqual(500)
    await job.finish()
    expect(lines).toEqual([job.metric('restartingTime')])
    expect(job.metric('restartingTime')).toBeGreaterThanOrEqual(1000)
    expect(job.metric('restartingTime')).toBeLessThan(1100)
  })
  test('may be canceled while it waits for its restart', async () => {
    const source = scriptedSource<number>([1, crash, 3], [4, 5])
    const job = await testJob(lanes(source, [], collectingSink<number>()), { parallelism: 2, checkpoints, restart: { kind: 'fixedDelay', attempts: 3, delay: '1h' } })
    await job.until(() => job.client.status().failure !== undefined)
    await job.cancel()
    expect(job.client.status()).toMatchObject({ state: 'canceled' })
  })
})

test('a split that was handed out after the checkpoint comes back and is read once', async () => {
  const failures = new Set(['split 5', 'split 9'])
  const source = defineSource<string, { id: string }>({
    name: 'splits',
    bounded: true,
    discover: () => Promise.resolve(range(0, 12).map((n) => ({ id: `split ${n}` }))),
    createReader: () => {
      const splits: { id: string }[] = []
      return {
        addSplits: (added) => void splits.push(...added),
        snapshotSplits: () => [...splits],
        poll(output) {
          const split = splits.shift()
          if (split === undefined) return 'end'
          if (failures.delete(split.id)) throw new MillraceError('TEST_LOST', `reading ${split.id} failed`, { origin: 'external', retryable: true })
          output.collect(split.id)
          return 'pending'
        },
        available: () => Promise.resolve(),
      }
    },
  })
  const sink = collectingSink<string>()
  const opened: number[] = []
  const result = await runTestJob(
    (env) =>
      env
        .fromSource(source)
        .process((context) => {
          opened.push(context.subtaskIndex)
          return { processElement: (id, _timestamp, output) => output.collect(id) }
        }, types.string())
        .sinkTo(sink),
    { parallelism: 3, checkpoints, restart: { kind: 'fixedDelay', attempts: 3, delay: '3ms' } },
  )
  expect(result.numRestarts).toBe(2)
  expect(opened).toHaveLength(5)
  expect(sink.values.toSorted()).toEqual(range(0, 12).map((n) => `split ${n}`).sort())
})
