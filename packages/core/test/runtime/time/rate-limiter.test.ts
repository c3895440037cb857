import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RateLimiter } from '../../../src/runtime/time/rate-limiter.ts'

it('never lets more through than the rate and what was saved up, and waits just as long as it must', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 50 }), fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 30 }), (perSecond, burst, waits) => {
      const limiter = new RateLimiter(perSecond, burst, 0)
      let now = 0
      let taken = 0
      for (const wait of waits) {
        now += wait
        const available = limiter.available(now)
        limiter.take(available)
        taken += available
        expect(taken).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-3)
        expect(limiter.available(now)).toBe(0)
        now += limiter.waitMs()
        const next = limiter.available(now)
        expect(next).toBeGreaterThanOrEqual(1)
        limiter.take(next)
        taken += next
      }
    }),
    { numRuns: 500 },
  )
})

it('what was taken too much is owed', () => {
  const limiter = new RateLimiter(10, 1, 0)
  expect(limiter.available(0)).toBe(1)
  limiter.take(6)
  expect([limiter.available(0), limiter.waitMs()]).toEqual([0, 600])
  expect(limiter.available(599)).toBe(0)
  expect(limiter.available(600)).toBe(1)
})

it('a clock that steps back changes nothing', () => {
  const limiter = new RateLimiter(1000, 10, 5_000)
  limiter.take(10)
  expect([limiter.available(1_000), limiter.available(1_005)]).toEqual([0, 5])
})
