type Activity = 0 | 1 | 2
const BUSY: Activity = 0
const IDLE: Activity = 1
const BACK_PRESSURED: Activity = 2
const WINDOW_MS = 1000

/** Shares of time, each 0…1; they add up to 1. */
export interface TaskTimeRatios {
  readonly busy: number
  readonly idle: number
  readonly backPressured: number
}

/**
 * How a task spent its time, for `busyTimeMsPerSecond`, `idleTimeMsPerSecond` and `backPressuredTimeMsPerSecond`
 * (= ratio × 1000). The task says what it does from now on, once a batch and not once a record.
 */
export interface TaskTime {
  busy(): void
  idle(): void
  /** It has work but no room in an output. */
  backPressured(): void
  /** Of the last whole second; of the time since the start while that is shorter. */
  ratios(): TaskTimeRatios
}

/** `now` is a clock in milliseconds, best a monotonic one; a step backwards counts as no time. A new task is idle. */
export function createTaskTime(now: () => number): TaskTime {
  const current = [0, 0, 0]
  let last: readonly number[] | undefined
  let activity: Activity = IDLE
  let sinceMs = now()

  function advance(): void {
    const nowMs = now()
    let leftMs = nowMs - sinceMs
    sinceMs = nowMs
    while (leftMs > 0) {
      const roomMs = WINDOW_MS - sum(current)
      const takenMs = Math.min(leftMs, roomMs)
      current[activity] = (current[activity] ?? 0) + takenMs
      leftMs -= takenMs
      if (takenMs < roomMs) return
      last = [...current]
      current.fill(0)
      // Whole seconds of one activity all look alike: one of them is enough.
      if (leftMs > 2 * WINDOW_MS) leftMs = WINDOW_MS + (leftMs % WINDOW_MS)
    }
  }

  function become(next: Activity): void {
    advance()
    activity = next
  }

  return {
    busy: () => become(BUSY),
    idle: () => become(IDLE),
    backPressured: () => become(BACK_PRESSURED),
    ratios() {
      advance()
      const window = last ?? current
      const totalMs = sum(window)
      const share = (of: Activity): number => (totalMs === 0 ? Number(of === activity) : (window[of] ?? 0) / totalMs)
      return { busy: share(BUSY), idle: share(IDLE), backPressured: share(BACK_PRESSURED) }
    },
  }
}

function sum(parts: readonly number[]): number {
  return parts.reduce((total, part) => total + part, 0)
}
