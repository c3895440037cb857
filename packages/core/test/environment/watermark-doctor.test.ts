import { expect, it } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { formatWatermarks } from '../../src/environment/format-watermarks.ts'
import type { WatermarkCause } from '../../src/environment/watermark-status.ts'
import { mapState } from '../../src/functions/state-descriptor.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { defineSource } from '../../src/spi/define-source.ts'
import type { Source } from '../../src/spi/source.ts'
import { end, processingTime } from '../../src/testing/script.ts'
import { scriptedSourceWith, type Script } from '../../src/testing/scripted-source.ts'
import { testJob } from '../../src/testing/test-job.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { long } from '../../src/types/number-types.ts'

const byValue = WatermarkStrategy.forMonotonousTimestamps<number>((time) => time)

interface Case {
  readonly watermarks?: WatermarkStrategy<number>
  readonly parallelism?: number
  readonly atMs: number
  /** Over the stream of the scripts. */
  readonly build?: (env: StreamExecutionEnvironment, numbers: ReturnType<StreamExecutionEnvironment['fromSource']>) => void
}

async function diagnose(scripts: readonly Script<number>[], { watermarks = byValue, parallelism = 1, atMs }: Case) {
  const clock = createVirtualClock()
  const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
  const job = await testJob(
    (env) =>
      env
        .fromSource(scriptedSourceWith<number>({ clock }, scripts), watermarks, { name: 'numbers' })
        .keyBy((value) => value)
        .reduce((a) => a)
        .sinkTo(sink),
    { clock, parallelism },
  )
  await job.until(() => clock.now() >= atMs)
  const status = job.client.watermarks()
  const text = formatWatermarks(status, clock.now())
  await job.cancel()
  return { ...status, cause: status.causes[0] as WatermarkCause, text }
}

it('no data: names the split that is silent, since when, and what to do', async () => {
  const { cause, text, edges } = await diagnose([[1_000, processingTime(60_000), 2_000], [5_000, processingTime(20_000), 6_000]], { parallelism: 2, atMs: 50_000, watermarks: byValue.withIdleness('0s') })
  expect(cause).toMatchObject({ operator: 'numbers', subtask: 0, split: '0', watermark: 999, state: 'noData' })
  expect(cause.sinceMs).toBeLessThan(1_000)
  expect(text).toMatch(/^Event time waits for numbers #0 split 0 at 1970-01-01T00:00:00.999Z: no data for (49|50) s\. If it may be silent for long, give its strategy withIdleness\(\)\.\n/)
  expect(edges.map(({ from, heldBy, state }) => [from, heldBy, state])).toEqual([['numbers', 0, 'noData'], ['numbers', 0, 'noData']])
  expect(edges[0]?.watermark).toBe(999)
})

it('an idle split holds nobody; when all are idle it says so', async () => {
  const one = await diagnose([[1_000], [5_000, processingTime(20_000), 6_000]], { parallelism: 2, atMs: 30_000, watermarks: byValue.withIdleness('10s') })
  expect(one.splits.map(({ split, state }) => `${split} ${state}`)).toEqual(['0 idle', expect.stringMatching(/^1 /)])
  expect(one.cause).toMatchObject({ split: '1', watermark: 5_999 })
  const all = await diagnose([[1_000]], { atMs: 30_000, watermarks: byValue.withIdleness('10s') })
  expect(all.cause.state).toBe('idle')
  expect(all.text).toContain('All input is idle')
})

it('out of order: records come and time does not', async () => {
  const script = [9_000_000, ...Array.from({ length: 40 }, (_, index) => [processingTime(index * 500), index]).flat()] as Script<number>
  const { cause, text } = await diagnose([script], { atMs: 15_000 })
  expect(cause).toMatchObject({ split: '0', watermark: 8_999_999, state: 'outOfOrder' })
  expect(text).toContain('check the timestamps')
})

it('no watermarks: a strategy that makes none', async () => {
  const script = Array.from({ length: 40 }, (_, index) => [processingTime(index * 500), index]).flat() as Script<number>
  const { cause, text } = await diagnose([script], { atMs: 15_000, watermarks: WatermarkStrategy.noWatermarks() })
  expect(cause).toEqual({ operator: 'numbers', uid: expect.any(String), subtask: 0, split: '0', state: 'noWatermarks', sinceMs: expect.any(Number) })
  expect(text).toContain('Give its source a WatermarkStrategy')
})

it('aligned: shows who waits, and that the cause is somebody else', async () => {
  const watermarks = byValue.withIdleness('0s').withWatermarkAlignment('g', '1s')
  const { cause, splits, text } = await diagnose([[1_000, processingTime(60_000)], Array.from({ length: 100 }, (_, index) => index * 100)], { atMs: 30_000, watermarks })
  expect(cause).toMatchObject({ split: '0', state: 'noData' })
  expect(splits.find(({ split }) => split === '1')).toMatchObject({ state: 'aligned' })
  expect(text).toMatch(/numbers #0 split 1 +\S+ +paused by its alignment group for/)
})

it('advancing, and the end', async () => {
  const script = Array.from({ length: 200 }, (_, index) => [processingTime(index * 100), index]).flat() as Script<number>
  const running = await diagnose([script], { atMs: 10_000 })
  expect(running.cause).toMatchObject({ split: '0', state: 'advancing' })
  expect(running.text).toMatch(/^Event time advances; slowest is numbers #0 split 0 at /)
  const clock = createVirtualClock()
  const job = await testJob((env) => env.fromSource(scriptedSourceWith<number>({ clock }, [[1, end]]), byValue).rebalance().map((x) => x).disableChaining().print(), { clock, parallelism: 2 })
  await job.finish()
  expect(job.client.watermarks().causes).toEqual([])
  expect(formatWatermarks(job.client.watermarks(), 0)).toContain('Event time is at its end')
})

it('a source that has read all its splits and waits for new ones holds time where it is, until it is idle', async () => {
  const source: Source<number> = defineSource<number, { readonly id: string }, null>({
    name: 'files',
    bounded: false,
    createEnumerator: (context) => ({ start: () => undefined, handleSplitRequest: () => undefined, addReader: (subtask) => context.assignSplits(subtask, [{ id: 'only' }]), addSplitsBack: () => undefined, snapshotState: () => null }),
    createReader() {
      const open: string[] = []
      return {
        addSplits: (splits) => void open.push(...splits.map(({ id }) => id)),
        snapshotSplits: () => open.map((id) => ({ id })),
        poll(output) {
          const id = open.shift()
          if (id === undefined) return 'end'
          output.forSplit(id).collect(5_000)
          output.releaseSplit(id)
          return 'end'
        },
        available: () => Promise.resolve(),
      }
    },
  })
  for (const [idleAfter, state] of [['0s', 'noData'], ['5s', 'idle']] as const) {
    const job = await testJob((env) => env.fromSource(source, byValue.withIdleness(idleAfter), { name: 'files' }).sinkTo(collectingSink<number>()))
    await job.advance(20_000)
    expect(job.client.watermarks().causes).toEqual([{ operator: 'files', uid: expect.any(String), subtask: 0, split: '', watermark: 4_999, state, sinceMs: expect.any(Number) }])
    await job.cancel()
  }
})

it('finds the second input that makes no watermarks, such as rules that are broadcast', async () => {
  const clock = createVirtualClock()
  const rules = mapState('rules', long(), long())
  const script = Array.from({ length: 100 }, (_, index) => [processingTime(index * 200), index * 1_000]).flat() as Script<number>
  const job = await testJob(
    (env) => {
      const numbers = env.fromSource(scriptedSourceWith<number>({ clock }, [script]), byValue, { name: 'numbers' })
      const limits = env.fromSource(scriptedSourceWith<number>({ clock }, [[1, processingTime(60_000)]]), WatermarkStrategy.noWatermarks(), { name: 'rules' })
      numbers
        .connect(limits.broadcast(rules))
        .process((context) => ({ processElement: (value, _timestamp, output) => output.collect(value), processBroadcastElement: (value) => context.broadcastState(rules).put(value, value) }), long())
        .sinkTo(collectingSink<number>())
    },
    { clock },
  )
  await job.advance(10_000)
  const status = job.client.watermarks()
  await job.cancel()
  expect(status.causes).toEqual([expect.objectContaining({ operator: 'rules', split: '0', state: 'noWatermarks' })])
  expect(formatWatermarks(status, clock.now())).toContain('Event time waits for rules #0 split 0 at none: records but no watermarks')
})

it('follows time to where it is made, also in the middle of a job', async () => {
  const clock = createVirtualClock()
  const job = await testJob(
    (env) =>
      env
        .fromSource(scriptedSourceWith<number>({ clock }, [[1_000, processingTime(60_000)]]), WatermarkStrategy.noWatermarks(), { name: 'numbers' })
        .map((value) => value)
        .assignTimestampsAndWatermarks(byValue)
        .name('event time')
        .keyBy((value) => value)
        .reduce((a) => a)
        .sinkTo(collectingSink<number>()),
    { clock, parallelism: 2 },
  )
  await job.until(() => clock.now() >= 10_000)
  const { causes } = job.client.watermarks()
  await job.cancel()
  expect(causes).toEqual([expect.objectContaining({ operator: 'event time', split: '', state: 'noData' })])
})
