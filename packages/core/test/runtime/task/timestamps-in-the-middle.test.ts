import { expect, it } from 'vitest'
import { count } from '../../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { scriptedSource, scriptedSourceWith, type Script } from '../../../src/testing/scripted-source.ts'
import { end, processingTime } from '../../../src/testing/script.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'

const strategy = WatermarkStrategy.forBoundedOutOfOrderness<number>('1s', (time) => time)

function countingJob(scripts: readonly Script<number>[], watermarks: WatermarkStrategy<number>, parallelism: number) {
  const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
  const job = testJob(
    (env) =>
      env
        .fromSource(scriptedSource<number>(...scripts))
        .map((time) => time)
        .assignTimestampsAndWatermarks(watermarks)
        .keyBy(() => 0)
        .window(TumblingEventTimeWindows.of('10s'))
        .aggregate(count())
        .sinkTo(sink),
    { parallelism },
  )
  return { sink, job }
}

it('moves time while the input goes on, not only at its end', async () => {
  const { sink, job } = countingJob([[1_000, 2_000, 11_500]], strategy, 1)
  const running = await job
  await running.until(() => sink.values.length > 0)
  expect(sink.values).toEqual([2])
  await running.cancel()
})

it('an input that has ended says nothing more, however long the others go on', async () => {
  const clock = createVirtualClock()
  const late = scriptedSourceWith<number>({ clock }, [[processingTime(30_000), 25_000, end]])
  const sink = collectingSink<number>()
  await runTestJob(
    (env) => {
      const short = env.fromSource(scriptedSource<number>([1_000, 2_000, end])).map((time) => time).assignTimestampsAndWatermarks(strategy.withIdleness('1s'))
      const long = env.fromSource(late).map((time) => time).assignTimestampsAndWatermarks(strategy.withIdleness('1s'))
      short.union(long).keyBy(() => 0).window(TumblingEventTimeWindows.of('10s')).aggregate(count()).sinkTo(sink)
    },
    { clock, parallelism: 1 },
  )
  expect(sink.values).toEqual([2, 1])
})

it('an input that stays silent is idle after its timeout and holds the others back no more', async () => {
  const { sink, job } = countingJob([[1_000, 2_000, 11_500], [1_500]], strategy.withIdleness('5s'), 2)
  const running = await job
  await running.until(() => sink.values.length > 0)
  expect(sink.values).toEqual([3])
  expect(running.clock.now()).toBeGreaterThanOrEqual(5_000)
  await running.cancel()
})
