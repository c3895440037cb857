import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { int } from '../../../src/types/number-types.ts'
import { string } from '../../../src/types/simple-types.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, crash, end, processingTime } from '../../../src/testing/script.ts'
import { scriptedSource, scriptedSourceWith, type Script } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

const times = (from: number, to: number, step = 10): readonly number[] => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)
const byValue = WatermarkStrategy.forMonotonousTimestamps<number>((time) => time)
/** What is read between two looks at the watermark. */
const BATCH_MS = 70

/** How far ahead of the slow source the fast one ever is, and all that was read. */
async function widestGap(watermarks: WatermarkStrategy<number>, slow: Script<number>, parallelism = 1) {
  const clock = createVirtualClock()
  let fastMs = 0
  let slowMs = 0
  let gap = 0
  const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
  await runTestJob(
    (env) => {
      const fast = env.fromSource(scriptedSource<number>([...times(0, 5_000), end]), watermarks).map((time) => `fast ${time}`)
      const other = env.fromSource(scriptedSourceWith<number>({ clock }, [slow]), watermarks).map((time) => `slow ${time}`)
      fast
        .union(other)
        .process(
          () => ({
            processElement(value, _timestamp, output) {
              const time = Number(value.slice(5))
              if (value.startsWith('fast')) fastMs = time
              else slowMs = time
              gap = Math.max(gap, fastMs - slowMs)
              output.collect(value)
            },
          }),
          string(),
        )
        .setParallelism(1)
        .sinkTo(sink)
    },
    { clock, parallelism },
  )
  return { gap, read: sink.values.length }
}
const slowScript: Script<number> = [...times(0, 5_000, 100).flatMap((time) => [time, processingTime((time + 1) * 10)]), end]

it.each([1, 2])('a fast source waits for a slow one, parallelism %i', async (parallelism) => {
  const free = await widestGap(byValue, slowScript, parallelism)
  expect(free.gap).toBeGreaterThan(4_000)
  const aligned = await widestGap(byValue.withWatermarkAlignment('all', '500ms', '100ms'), slowScript, parallelism)
  expect(aligned.gap).toBeLessThanOrEqual(500 + BATCH_MS + 100)
  expect(aligned.read).toBe(free.read)
})

it('pauses single splits of one source, which goes on with the others', async () => {
  const clock = createVirtualClock()
  const source = scriptedSourceWith<number>({ clock }, [[...times(0, 5_000), end], slowScript.map((event) => (typeof event === 'number' ? -event : event))])
  let fastMs = 0
  let slowMs = 0
  let gap = 0
  const watermarks = WatermarkStrategy.forMonotonousTimestamps<number>((time) => Math.abs(time)).withWatermarkAlignment('all', '500ms', '100ms')
  await runTestJob(
    (env) =>
      env.fromSource(source, watermarks).addSink({
        kind: 'sink-function',
        name: 'gap',
        open: () => ({
          invoke(time: number) {
            if (time > 0) fastMs = time
            else slowMs = -time
            gap = Math.max(gap, fastMs - slowMs)
          },
        }),
      }),
    { clock },
  )
  expect(fastMs).toBe(5_000)
  expect(gap).toBeLessThanOrEqual(500 + BATCH_MS + 100)
})

it('a source that has ended, or is idle, keeps nobody', async () => {
  const ended = await widestGap(byValue.withWatermarkAlignment('all', '500ms', '100ms'), [0, end])
  expect(ended.read).toBe(502)
  const idle = await widestGap(byValue.withIdleness('1s').withWatermarkAlignment('all', '500ms', '100ms'), [0, processingTime(60_000), 5_000, end])
  expect(idle.gap).toBeGreaterThan(4_000)
})

it('a source that is read to its end at once ends, however far ahead it is', async () => {
  const clock = createVirtualClock()
  const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
  const watermarks = byValue.withWatermarkAlignment('all', '10ms', '100ms')
  await runTestJob(
    (env) => {
      const slow = env.fromSource(scriptedSourceWith<number>({ clock }, [[0, processingTime(1_000), 5, processingTime(2_000), 6, end]]), watermarks)
      env.fromSource(scriptedSource<number>([1_000, end]), watermarks).union(slow, env.fromSource(scriptedSource<number>([5_000, end]), watermarks)).sinkTo(sink)
    },
    { clock },
  )
  expect(sink.values.toSorted((a, b) => a - b)).toEqual([0, 5, 6, 1_000, 5_000])
})

it('never comes to a standstill, and loses nothing, whatever the sources do', async () => {
  const event = fc.oneof({ weight: 5, arbitrary: fc.nat(3_000) }, { weight: 1, arbitrary: fc.nat(20_000).map((ms) => ({ waitUntilMs: ms })) })
  const scripts = fc.array(fc.array(event, { maxLength: 12 }), { minLength: 1, maxLength: 3 })
  const options = fc.record({ driftMs: fc.integer({ min: 1, max: 2_000 }), intervalMs: fc.integer({ min: 1, max: 2_000 }), idle: fc.boolean(), parallelism: fc.integer({ min: 1, max: 3 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(scripts, { minLength: 1, maxLength: 3 }), options, async (sources, { driftMs, intervalMs, idle, parallelism }) => {
      const clock = createVirtualClock()
      const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
      const aligned = byValue.withIdleness(idle ? '1s' : '0s').withWatermarkAlignment('all', `${driftMs}ms`, `${intervalMs}ms`)
      await runTestJob(
        (env) => {
          for (const each of sources) {
            const played = each.map((script) => [...script.map((step) => (typeof step === 'number' ? step : processingTime(step.waitUntilMs))), end])
            env.fromSource(scriptedSourceWith<number>({ clock }, played), aligned).sinkTo(sink)
          }
        },
        { clock, parallelism },
      )
      const all = sources.flat(2).filter((step) => typeof step === 'number')
      expect(sink.values.toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b))
    }),
    { numRuns: 40 },
  )
})

it('goes on over crashes', async () => {
  const sink = collectingSink<number>()
  const watermarks = byValue.withWatermarkAlignment('all', '500ms', '100ms')
  const build = (env: StreamExecutionEnvironment): void => {
    const fast = env.fromSource(scriptedSource<number>([...times(0, 2_000), end]), watermarks, { uid: 'fast' })
    const slow = env.fromSource(scriptedSource<number>([...times(1, 900), checkpoint, crash, ...times(901, 1_500), crash, ...times(1_501, 2_001), end]), watermarks, { uid: 'slow' })
    fast.union(slow).sinkTo(sink, { uid: 'sink' })
  }
  const result = await runTestJob(build, { checkpoints: { storage: memoryCheckpointStorage(), interval: '20ms' } })
  expect(result.numRestarts).toBe(2)
  expect(sink.values.toSorted((a, b) => a - b)).toEqual([...times(0, 2_000), ...times(1, 2_001)].toSorted((a, b) => a - b))
})

it('a checkpoint passes a paused source', async () => {
  const sink = collectingSink<number>()
  const watermarks = byValue.withWatermarkAlignment('all', '100ms')
  const job = await testJob(
    (env) => {
      const fast = env.fromSource(scriptedSource<number>(times(0, 1_000)), watermarks)
      env.fromSource(scriptedSource<number>([0]), watermarks).union(fast).sinkTo(sink)
    },
    { checkpoints: { storage: memoryCheckpointStorage(), interval: '1s' } },
  )
  await job.until(() => sink.values.length > 0)
  expect(Math.max(...sink.values)).toBeLessThanOrEqual(100 + BATCH_MS)
  await job.cancel()
})

it('is for sources only', async () => {
  const build = (env: StreamExecutionEnvironment): void => env.fromData([1], int()).assignTimestampsAndWatermarks(byValue.withWatermarkAlignment('all', '1s')).print()
  await expect(testJob(build)).rejects.toMatchObject({ code: 'CORE_INVALID_WATERMARKS' })
})
