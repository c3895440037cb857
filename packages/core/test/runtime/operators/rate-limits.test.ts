import { expect, it } from 'vitest'
import type { DataStream } from '../../../src/api/data-stream.ts'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { int } from '../../../src/types/number-types.ts'
import { at, crash, end, watermark } from '../../../src/testing/script.ts'
import { runPipelineResult } from '../../../src/testing/run-pipeline.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

const numbers = Array.from({ length: 200 }, (_, index) => index)

/** Runs the job and returns how long it took, how many came in each second, and all of them. */
async function timed(build: (env: StreamExecutionEnvironment) => DataStream<number>, parallelism = 1) {
  const clock = createVirtualClock()
  const seen: number[] = []
  const bySecond: number[] = []
  await runTestJob(
    (env) =>
      build(env)
        .map((value) => {
          const second = Math.floor(clock.now() / 1000)
          bySecond[second] = (bySecond[second] ?? 0) + 1
          seen.push(value)
          return value
        })
        .sinkTo(collectingSink<number>()),
    { clock, parallelism, turnMs: 0 },
  )
  return { durationMs: clock.now(), bySecond, seen: seen.toSorted((a, b) => a - b) }
}

it.each([1, 2])('a source reads no faster than it may, over all subtasks: %i', async (parallelism) => {
  const { durationMs, bySecond, seen } = await timed((env) => env.fromSource(scriptedSource<number>([...numbers.slice(0, 100), end], [...numbers.slice(100), end]), undefined, { maxRecordsPerSecond: 20 }), parallelism)
  expect(seen).toEqual(numbers)
  // the scripted reader takes a few at a time whatever it is told; they are owed afterwards
  expect(Math.max(...bySecond)).toBeLessThanOrEqual(20 + 8 * parallelism)
  expect(durationMs).toBeGreaterThan(9_000)
  expect(durationMs).toBeLessThan(11_500)
})

it('rateLimit lets records through one by one at its rate, in order', async () => {
  const { durationMs, bySecond, seen } = await timed((env) => env.fromSource(scriptedSource<number>([...numbers, end])).rateLimit(20))
  expect(seen).toEqual(numbers)
  expect(Math.max(...bySecond)).toBeLessThanOrEqual(22)
  expect(durationMs).toBeGreaterThan(9_500)
  expect(durationMs).toBeLessThan(10_500)
})

it('asyncMap begins no more calls than it may', async () => {
  let calls = 0
  const { durationMs } = await timed((env) =>
    env.fromSource(scriptedSource<number>([...numbers, end])).asyncMap(
      async (value) => {
        calls++
        return value
      },
      { ordered: false, maxRequestsPerSecond: 50 },
    ),
  )
  expect(calls).toBe(200)
  expect(durationMs).toBeGreaterThan(3_500)
})

it('keeps timestamps, and watermarks behind their records', async () => {
  const seen: string[] = []
  const pipeline = (input: DataStream<number>) => ({
    out: input.rateLimit(10).process((context) => ({
      processElement: (value, timestamp, output) => {
        seen.push(`${value} ${timestamp} ${context.currentWatermark()}`)
        output.collect(value)
      },
    }), int()),
  })
  await runPipelineResult(pipeline, [at(1, 1), at(5, 2), watermark(5), at(9, 3)])
  expect(seen).toEqual([`1 1 ${Number.MIN_SAFE_INTEGER}`, `2 5 ${Number.MIN_SAFE_INTEGER}`, '3 9 5'])
})

it('loses and repeats nothing when the job crashes while records wait', async () => {
  const sink = collectingSink<number>()
  const result = await runTestJob(
    (env) =>
      env
        .fromSource(scriptedSource<number>([...numbers.slice(0, 90), crash, ...numbers.slice(90), end]), WatermarkStrategy.noWatermarks(), { uid: 'numbers' })
        .rateLimit(100)
        .uid('limit')
        .sinkTo(sink, { uid: 'sink' }),
    { checkpoints: { storage: memoryCheckpointStorage(), interval: '150ms' } },
  )
  expect(result.numRestarts).toBe(1)
  expect(sink.values).toEqual(numbers)
})

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a rate of %d', async (rate) => {
  const source = scriptedSource<number>([end])
  for (const build of [
    (env: StreamExecutionEnvironment) => env.fromSource(source, undefined, { maxRecordsPerSecond: rate }).print(),
    (env: StreamExecutionEnvironment) => env.fromSource(source).rateLimit(rate).print(),
    (env: StreamExecutionEnvironment) => env.fromSource(source).asyncMap(async (x) => x, { maxRequestsPerSecond: rate }).print(),
  ]) {
    await expect(testJob(build)).rejects.toMatchObject({ code: 'CORE_INVALID_RATE' })
  }
})
