import { setImmediate as nextTurn, setTimeout as realDelay } from 'node:timers/promises'
import { MillraceError } from '../errors.ts'
import { systemClock } from '../environment/system-clock.ts'
import type { TestClock } from './test-clock.ts'

const DEFAULT_LIMIT_MS = 60_000

/** Real time, for tests with services that have their own. */
export function createRealClock(): TestClock {
  return {
    ...systemClock,
    settle: () => nextTurn(),
    advance: (ms) => realDelay(ms),
    async runUntil(work, { limitMs = DEFAULT_LIMIT_MS } = {}) {
      const { promise: late, reject } = Promise.withResolvers<never>()
      const cancel = systemClock.schedule(limitMs, () => reject(new MillraceError('CORE_TEST_STUCK', `Expected the work to end within ${limitMs} ms, found that it goes on`, { origin: 'user' })))
      try {
        return await Promise.race([work, late])
      } finally {
        cancel()
      }
    },
  }
}
