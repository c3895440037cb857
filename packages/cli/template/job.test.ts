import assert from 'node:assert/strict'
import test from 'node:test'
import { at, runPipeline, watermark } from '@millrace/core/testing'
import { meanPerMinute } from './job.ts'

void test('a minute is written when its watermark has passed, with the mean of each sensor', async () => {
  const minutes = await runPipeline(meanPerMinute, [
    at(5_000, { time: 5_000, sensor: 'cellar', celsius: 10 }),
    at(40_000, { time: 40_000, sensor: 'cellar', celsius: 12 }),
    watermark(60_000),
  ])
  assert.deepEqual(minutes, [{ sensor: 'cellar', minute: 0, readings: 2, meanCelsius: 11 }])
})
