import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import type { RunOptions } from '../../../src/environment/run-options.ts'
import { valueState } from '../../../src/functions/state-descriptor.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { fileCheckpointStorage } from '../../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, crash, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob, type TestJobOptions } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-savepoint-'))
})
afterAll(() => rm(directory, { recursive: true }))

const long = { interval: '1h' } as const
const KEYS = 23

/** Eight splits of 40 numbers, with watermarks after `stops`; they end there or, for 40, altogether. */
function scripts(upTo: number, stops: readonly number[]): Script<number>[] {
  return Array.from({ length: 8 }, (_, split) => {
    const script = Array.from({ length: upTo }, (_, i) => [at(i, split * 40 + i), ...(stops.includes(i + 1) ? [watermark(i)] : [])]).flat()
    return upTo === 40 ? [...script, end] : script
  })
}
const halves = (whole: boolean): Script<number>[] => scripts(whole ? 40 : 20, [20])

/** Numbers each record within its key, and counts in a window that is still open half-way. */
function numbering(sink: CollectingSink<string>, numbers: readonly Script<number>[]): (env: StreamExecutionEnvironment) => void {
  return (env) => {
    const keyed = env.fromSource(scriptedSource<number>(...numbers), WatermarkStrategy.fromSource(), { uid: 'numbers' }).keyBy((n) => n % KEYS)
    keyed
      .process((context) => {
        const seen = context.state(valueState('seen', types.long()))
        return {
          processElement(_n, _timestamp, output) {
            seen.update((seen.value() ?? 0) + 1)
            output.collect(`${context.key}: ${seen.value()}`)
          },
        }
      }, types.string())
      .uid('numbering')
      .sinkTo(sink, { uid: 'sink' })
    keyed
      .window(TumblingEventTimeWindows.of('1s'))
      .aggregate({ n: count() }, ({ n }, key) => `window ${key}: ${n}`)
      .uid('window')
      .sinkTo(sink, { uid: 'window-sink' })
  }
}
const expected = Array.from({ length: KEYS }, (_, key) => {
  const total = Array.from({ length: 320 }, (_, n) => n).filter((n) => n % KEYS === key).length
  return [...Array.from({ length: total }, (_, i) => `${key}: ${i + 1}`), `window ${key}: ${total}`]
}).flat().sort()

async function savepointHalfWay(options: TestJobOptions, path: string): Promise<{ readonly sink: CollectingSink<string>; readonly savepoint: string }> {
  const sink = collectingSink<string>()
  const job = await testJob(numbering(sink, halves(false)), options)
  await job.until(() => job.client.status().recordsIn === 160)
  const { savepoint } = await job.stop({ savepoint: path })
  return { sink, savepoint: savepoint as string }
}

describe('rescaling from a savepoint', () => {
  test.each([
    [4, 4],
    [4, 2],
    [2, 4],
    [1, 7],
    [7, 3],
  ])('%i → %i', async (before, after) => {
    const checkpoints = { ...long, storage: memoryCheckpointStorage() }
    const { sink, savepoint } = await savepointHalfWay({ checkpoints, parallelism: before }, join(directory, `rescale-${before}-${after}`))
    expect(sink.values.length).toBe(160)
    const rest = collectingSink<string>()
    await runTestJob(numbering(rest, halves(true)), { checkpoints, parallelism: after, from: savepoint })
    expect([...sink.values, ...rest.values].sort()).toEqual(expected)
  })
  test('4 → 2 → 7, in steps, through files', async () => {
    const values: string[] = []
    let from: string | undefined
    for (const [step, parallelism] of [4, 2, 7].entries()) {
      const sink = collectingSink<string>()
      const storage = fileCheckpointStorage(join(directory, 'checkpoints'))
      const job = await testJob(numbering(sink, scripts([13, 26, 40][step] as number, [13, 26])), { checkpoints: { ...long, storage }, parallelism, ...(from === undefined ? {} : { from }) })
      if (step === 2) {
        await job.finish()
      } else {
        await job.until(() => job.client.status().recordsIn === 8 * 13)
        from = (await job.stop({ savepoint: join(directory, `steps-${step}`) })).savepoint as string
      }
      values.push(...sink.values)
    }
    expect(values.sort()).toEqual(expected)
  })
  test('key groups are fixed by the first savepoint', async () => {
    const checkpoints = { ...long, storage: memoryCheckpointStorage() }
    const { savepoint } = await savepointHalfWay({ checkpoints }, join(directory, 'max-parallelism'))
    const restored = runTestJob(numbering(collectingSink(), halves(true)), { checkpoints, maxParallelism: 64, from: savepoint })
    await expect(restored).rejects.toMatchObject({ code: 'CKPT_MAX_PARALLELISM', origin: 'user', message: expect.stringContaining('128') })
  })
})

describe('state and the operators of a changed job', () => {
  const build = (uid: string) => (env: StreamExecutionEnvironment): void =>
    env
      .fromSource(scriptedSource<number>([1, 2, 3]), undefined, { uid: 'numbers' })
      .keyBy((n) => n)
      .reduce((a, b) => a + b)
      .uid(uid)
      .sinkTo(collectingSink(), { uid: 'sink' })
  const take = async (storage: RunOptions['checkpoints'], path: string): Promise<string> => {
    const job = await testJob(build('sums'), { checkpoints: { ...storage, interval: '1h' } })
    await job.until(() => job.client.status().recordsIn === 3)
    return (await job.stop({ savepoint: path })).savepoint as string
  }
  test('state that nobody claims is refused with its uid', async () => {
    const checkpoints = { ...long, storage: memoryCheckpointStorage() }
    const from = await take(checkpoints, join(directory, 'dropped'))
    await expect(runTestJob(build('other'), { checkpoints, from })).rejects.toMatchObject({ code: 'CKPT_DROPPED_STATE', origin: 'user', message: expect.stringContaining('"sums"') })
  })
  test('unless it is dropped by name', async () => {
    const checkpoints = { ...long, storage: memoryCheckpointStorage() }
    const from = await take(checkpoints, join(directory, 'allowed'))
    const warnings: object[] = []
    const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) }
    const job = await testJob(build('other'), { checkpoints, from, allowDroppedState: ['sums'], logger })
    await job.until(() => job.client.status().state === 'running')
    await job.cancel()
    expect(warnings).toEqual([expect.objectContaining({ checkpoint: from, uids: ['sums'] })])
  })
  test('a job that had ended says so when it is run again', async () => {
    const checkpoints = { ...long, storage: memoryCheckpointStorage() }
    const sink = collectingSink<number>()
    const whole = (env: StreamExecutionEnvironment): void => env.fromSource(scriptedSource<number>([1, 2, end]), undefined, { uid: 'numbers' }).sinkTo(sink, { uid: 'sink' })
    await runTestJob(whole, { checkpoints })
    const warnings: string[] = []
    const again = await runTestJob(whole, { checkpoints, from: 'latest', logger: { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) } })
    expect(again.recordsIn).toBe(0)
    expect(sink.values).toEqual([1, 2])
    expect(warnings).toEqual([expect.stringContaining('had ended')])
  })
  test('a job that takes no checkpoints goes on from a savepoint all the same, and does not restart', async () => {
    const from = await take({ storage: memoryCheckpointStorage() }, join(directory, 'storageless'))
    const sink = collectingSink<string>()
    const sums = (script: Script<number>) => (env: StreamExecutionEnvironment): void =>
      env.fromSource(scriptedSource<number>(script), undefined, { uid: 'numbers' }).keyBy((n) => n).reduce((a, b) => a + b).uid('sums').map(String).sinkTo(sink, { uid: 'sink' })
    await runTestJob(sums([1, 2, 3, 3, end]), { from })
    expect(sink.values).toEqual(['6'])
    await expect(runTestJob(sums([1, 2, 3, 3, crash, end]), { from })).rejects.toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
    await expect(runTestJob(sums([end]), { from: join(directory, 'nowhere') })).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND' })
  })
  test('a pointer that leads nowhere', async () => {
    const storage = memoryCheckpointStorage()
    await expect(runTestJob(build('sums'), { checkpoints: { storage }, from: join(directory, 'nowhere') })).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND', message: expect.stringContaining('nowhere') })
    await expect(runTestJob(build('sums'), { from: 'latest' })).rejects.toMatchObject({ code: 'CKPT_NO_STORAGE' })
  })
})

test('a new run goes on from the latest checkpoint of a run that was killed', async () => {
  const path = join(directory, 'killed')
  const sink = collectingSink<number>()
  const build = (script: Script<number>) => (env: StreamExecutionEnvironment): void => env.fromSource(scriptedSource<number>(script), undefined, { uid: 'numbers' }).sinkTo(sink, { uid: 'sink' })
  const checkpoints = { interval: '10ms', storage: path } as const
  const job = await testJob(build([1, 2, checkpoint, 3, 4]), { checkpoints })
  await job.until(() => sink.values.length === 2 && sink.written.length === 4)
  await job.cancel()
  const result = await runTestJob(build([1, 2, checkpoint, 3, 4, 5, end]), { checkpoints, from: 'latest' })
  expect(sink.values).toEqual([1, 2, 3, 4, 5])
  expect(result.recordsIn).toBe(3)
})
