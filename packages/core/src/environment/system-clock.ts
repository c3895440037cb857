import type { Clock } from '../runtime/time/clock.ts'

/** The longest delay that setTimeout takes; beyond it fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

/** Wall time and Node's timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, action) {
    let handle: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const nextMs = Math.min(leftMs, LONGEST_TIMEOUT_MS)
      handle = setTimeout(() => (leftMs > nextMs ? arm(leftMs - nextMs) : action()), nextMs)
    }
    arm(delayMs)
    return () => clearTimeout(handle)
  },
  immediate(action) {
    setImmediate(action)
  },
}
