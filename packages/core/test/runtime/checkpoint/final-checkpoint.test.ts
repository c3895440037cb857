import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

let savepoints = ''
beforeAll(async () => {
  savepoints = await mkdtemp(join(tmpdir(), 'millrace-final-'))
})
afterAll(() => rm(savepoints, { recursive: true }))

const long = { interval: '1h' } as const

/** Counts per window of 10 ms; `finish` of the last operator adds a line. */
function windowed(sink: CollectingSink<string>, ...scripts: Script<number>[]): (env: StreamExecutionEnvironment) => void {
  return (env) =>
    env
      .fromSource(scriptedSource<number>(...scripts), WatermarkStrategy.fromSource(), { uid: 'numbers' })
      .keyBy(() => 'all')
      .window(TumblingEventTimeWindows.of('10ms'))
      .aggregate({ n: count() }, ({ n }, _key, window) => `${window.start}: ${n}`)
      .uid('windows')
      .process(() => ({
        processElement: (line, _timestamp, output) => output.collect(line),
        finish: (output) => output.collect('finished'),
      }), types.string())
      .uid('last')
      .sinkTo(sink, { uid: 'sink' })
}
const events = [at(1, 1), at(2, 2), watermark(9), at(12, 3)]

describe('the end of bounded input', () => {
  test('fires open windows, finishes, and commits with the final checkpoint', async () => {
    const sink = collectingSink<string>()
    const job = await testJob(windowed(sink, [...events, end]), { checkpoints: long })
    expect(await job.finish()).toMatchObject({ state: 'finished' })
    expect(sink.values).toEqual(['0: 2', '10: 1', 'finished'])
    expect(job.client.status().lastCheckpoint).toMatchObject({ checkpointId: 1 })
  })
  test('without checkpointing sinks commit at the end', async () => {
    const sink = collectingSink<string>()
    await runTestJob(windowed(sink, [...events, end]))
    expect(sink.values).toEqual(['0: 2', '10: 1', 'finished'])
  })
  test('subtasks that have ended take part in checkpoints of those that go on', async () => {
    const sink = collectingSink<number>()
    const result = await runTestJob((env) => env.fromSource(scriptedSource<number>([1, end], [2, checkpoint, 3, checkpoint, end])).sinkTo(sink), {
      parallelism: 2,
      checkpoints: { interval: '10ms' },
    })
    expect(result.state).toBe('finished')
    expect(sink.values.toSorted()).toEqual([1, 2, 3])
  })
  test('nothing is visible before its checkpoint has completed', async () => {
    const sink = collectingSink<number>()
    const job = await testJob((env) => env.fromSource(scriptedSource<number>([1, 2, checkpoint, 3])).sinkTo(sink), { checkpoints: { interval: '100ms' }, turnMs: 0 })
    await job.until(() => sink.written.length === 2)
    expect(sink.values).toEqual([])
    await job.until(() => sink.written.length === 3)
    expect(sink.values).toEqual([1, 2])
    await job.cancel()
    expect(sink.values).toEqual([1, 2])
  })
})

describe('stop', () => {
  test('with savepoint, no drain: windows stay open, nothing finishes, but all output is committed', async () => {
    const sink = collectingSink<string>()
    const storage = memoryCheckpointStorage()
    const job = await testJob(windowed(sink, events), { checkpoints: { ...long, storage } })
    await job.until(() => sink.written.length === 1)
    const { state, savepoint } = await job.stop({ savepoint: join(savepoints, 'no-drain') })
    expect([state, sink.values]).toEqual(['stopped', ['0: 2']])

    const restored = collectingSink<string>()
    expect(savepoint).toBeTypeOf('string')
    await runTestJob(windowed(restored, [...events, at(13, 4), end]), { checkpoints: { ...long, storage }, from: savepoint as string })
    expect(restored.values).toEqual(['10: 2', 'finished'])
  })
  test('with savepoint and drain: as if the input had ended', async () => {
    const sink = collectingSink<string>()
    const storage = memoryCheckpointStorage()
    const job = await testJob(windowed(sink, events), { checkpoints: { ...long, storage } })
    await job.until(() => job.client.status().recordsIn === 3)
    const { state, savepoint } = await job.stop({ savepoint: join(savepoints, 'drain'), drain: true })
    expect([state, sink.values]).toEqual(['stopped', ['0: 2', '10: 1', 'finished']])
    expect(savepoint).toBeTypeOf('string')
  })
  test('without savepoint: the last checkpoint commits everything', async () => {
    const sink = collectingSink<string>()
    const job = await testJob(windowed(sink, events), { checkpoints: long })
    await job.until(() => sink.written.length === 1)
    const { state, savepoint } = await job.stop()
    expect([state, savepoint, sink.values]).toEqual(['stopped', undefined, ['0: 2']])
  })
  test('drain without checkpointing', async () => {
    const sink = collectingSink<string>()
    const job = await testJob(windowed(sink, events))
    await job.until(() => job.client.status().recordsIn === 3)
    expect(await job.stop({ drain: true })).toMatchObject({ state: 'stopped' })
    expect(sink.values).toEqual(['0: 2', '10: 1', 'finished'])
  })
  test('a savepoint that cannot be written fails the request, not the data', async () => {
    const sink = collectingSink<string>()
    const job = await testJob(windowed(sink, events))
    await job.until(() => sink.written.length === 1)
    await expect(job.savepoint(savepoints)).rejects.toMatchObject({ code: 'CKPT_NO_STORAGE' })
    expect(job.client.status().state).toBe('running')
    await job.cancel()
  })
})

describe('a savepoint on the way', () => {
  test('neither commits nor serves recovery', async () => {
    const sink = collectingSink<number>()
    const storage = memoryCheckpointStorage()
    const build = (env: StreamExecutionEnvironment): void => env.fromSource(scriptedSource<number>([1, 2]), undefined, { uid: 'numbers' }).sinkTo(sink, { uid: 'sink' })
    const job = await testJob(build, { checkpoints: { ...long, storage }, turnMs: 0 })
    await job.until(() => sink.written.length === 2)
    const pointer = await job.savepoint(join(savepoints, 'on-the-way'))
    expect(sink.values).toEqual([])
    expect(job.client.status().state).toBe('running')
    await job.cancel()
    expect(sink.values).toEqual([])

    const fresh = await testJob(build, { checkpoints: { ...long, storage }, from: 'latest' })
    await fresh.until(() => sink.written.length === 4)
    await fresh.cancel()
    const restored = await testJob(build, { checkpoints: { ...long, storage }, from: pointer })
    await restored.stop()
    expect(sink.values).toEqual([1, 2])
    expect(sink.written.length).toBe(4)
  })
})

describe('restoring a job that had finished', () => {
  test('reports finished, emits nothing anew and replays its commits', async () => {
    const storage = memoryCheckpointStorage()
    const checkpoints = { ...long, storage }
    const commits: string[][] = []
    const first = collectingSink<string>()
    await runTestJob(windowed(first, [...events, end]), { checkpoints })
    const second = collectingSink<string>()
    const recorded: CollectingSink<string> = {
      ...second,
      createCommitter: () => ({ commit: (committables: readonly never[]) => void commits.push(committables.map(String)) }),
    }
    const result = await runTestJob(windowed(recorded, [...events, end]), { checkpoints, from: 'latest' })
    expect(result).toMatchObject({ state: 'finished', recordsIn: 0 })
    expect(second.written).toEqual([])
    expect(commits.flat()).toEqual(['0'])
  })
})
