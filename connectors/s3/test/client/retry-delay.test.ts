import { expect, it } from 'vitest'
import { retryDelayMs } from '../../src/client/retry-delay.ts'

it('waits twice as long each time, up to 20 s, at random between a tenth and the whole of it', () => {
  expect([1, 2, 3, 8, 9, 30].map((attempt) => retryDelayMs(attempt, () => 0))).toEqual([10, 20, 40, 1280, 2000, 2000])
  expect([1, 2, 8, 9, 30].map((attempt) => Math.round(retryDelayMs(attempt, () => 0.999_999)))).toEqual([100, 200, 12_800, 20_000, 20_000])
})
