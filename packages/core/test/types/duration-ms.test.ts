import { expect, it } from 'vitest'
import { durationMs } from '../../src/types/duration-ms.ts'
import type { Duration } from '../../src/types/duration.ts'

it('converts every unit to milliseconds', () => {
  const durations: readonly (readonly [Duration, number])[] = [
    ['0ms', 0],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['15min', 900_000],
    ['6h', 21_600_000],
    ['1d', 86_400_000],
    ['0.5d', 43_200_000],
  ]
  for (const [duration, ms] of durations) expect([duration, durationMs(duration)]).toEqual([duration, ms])
})

it('refuses what the types would, and fractions of a millisecond', () => {
  for (const wrong of ['10 secs', '10', 's', '-1s', '1e3s', '0.5ms', '1.0001s', 'NaNs', '', '99999999999d', 5, undefined, null, {}]) {
    expect(() => durationMs(wrong as Duration)).toThrow(
      expect.objectContaining({ code: 'CORE_INVALID_DURATION', origin: 'user', message: expect.stringContaining("such as '500ms'") }),
    )
  }
})
