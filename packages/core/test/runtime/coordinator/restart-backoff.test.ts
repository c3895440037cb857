import { describe, expect, test } from 'vitest'
import { createRestartBackoff, type RestartPolicy } from '../../../src/runtime/coordinator/restart-backoff.ts'

/** The delays for failures at these times. */
const delays = (policy: RestartPolicy, failuresMs: readonly number[], random = 0.5): (number | undefined)[] => {
  const backoff = createRestartBackoff(policy, () => random)
  return failuresMs.map((nowMs) => backoff.next(nowMs))
}
const exponential: RestartPolicy = { kind: 'exponentialDelay', initialDelayMs: 100, maxDelayMs: 350, multiplier: 2, jitter: 0, resetAfterMs: 1000, attempts: Infinity }

test('none gives up at once', () => expect(delays({ kind: 'none' }, [0])).toEqual([undefined]))

test('fixed delay gives up after its attempts', () => {
  expect(delays({ kind: 'fixedDelay', attempts: 2, delayMs: 50 }, [0, 1, 2])).toEqual([50, 50, undefined])
})

describe('failure rate', () => {
  const policy: RestartPolicy = { kind: 'failureRate', maxFailures: 2, withinMs: 100, delayMs: 5 }
  test('gives up at one failure more than allowed in the interval', () => expect(delays(policy, [0, 50, 99])).toEqual([5, 5, undefined]))
  test('forgets what is older', () => expect(delays(policy, [0, 50, 100, 150])).toEqual([5, 5, 5, 5]))
})

describe('exponential delay', () => {
  test('grows up to its maximum', () => expect(delays(exponential, [0, 100, 300, 700, 1100])).toEqual([100, 200, 350, 350, 350]))
  test('starts over after running long enough without failure', () => expect(delays(exponential, [0, 100, 100 + 200 + 1000])).toEqual([100, 200, 100]))
  test('does not start over before', () => expect(delays(exponential, [0, 100, 100 + 200 + 999])).toEqual([100, 200, 350]))
  test('jitter takes or adds its share', () => {
    expect(delays({ ...exponential, jitter: 0.1 }, [0], 0)).toEqual([90])
    expect(delays({ ...exponential, jitter: 0.1 }, [0], 0.999999)).toEqual([110])
  })
  test('gives up after its attempts, counted anew after a reset', () => {
    expect(delays({ ...exponential, attempts: 2 }, [0, 10, 20])).toEqual([100, 200, undefined])
    expect(delays({ ...exponential, attempts: 1 }, [0, 5000])).toEqual([100, 100])
  })
})
