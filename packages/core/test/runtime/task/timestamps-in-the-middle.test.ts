import { expect, it } from 'vitest'
import { count } from '../../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { scriptedSource, type Script } from '../../../src/testing/scripted-source.ts'
import { testJob } from '../../../src/testing/test-job.ts'

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

it('an input that stays silent is idle after its timeout and holds the others back no more', async () => {
  const { sink, job } = countingJob([[1_000, 2_000, 11_500], [1_500]], strategy.withIdleness('5s'), 2)
  const running = await job
  await running.until(() => sink.values.length > 0)
  expect(sink.values).toEqual([3])
  expect(running.clock.now()).toBeGreaterThanOrEqual(5_000)
  await running.cancel()
})
