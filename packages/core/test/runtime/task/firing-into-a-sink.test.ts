import { expect, test } from 'vitest'
import { count } from '../../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

test('a window that fires into a chained sink pauses while the sink is full', async () => {
  const keys = 5_000
  let written = 0
  let buffered = 0
  let mostBuffered = 0
  const slow = defineSink<number>({
    name: 'slow',
    createWriter: () => ({
      write() {
        written++
        mostBuffered = Math.max(mostBuffered, ++buffered)
      },
      ready() {
        if (buffered < 100) return undefined
        return Promise.resolve().then(() => {
          buffered = 0
        })
      },
      flush() {},
    }),
  })
  await runTestJob((env) =>
    env
      .fromSequence(0, keys - 1)
      .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps(() => 0))
      .keyBy((n) => n)
      .window(TumblingEventTimeWindows.of('1s'))
      .aggregate(count())
      .sinkTo(slow),
  )
  expect(written).toBe(keys)
  expect(mostBuffered).toBeLessThan(1_000)
})
