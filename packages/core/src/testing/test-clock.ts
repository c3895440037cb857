import type { Clock } from '../runtime/time/clock.ts'

/** A clock with what a test needs of it. */
export interface TestClock extends Clock {
  /** Moves time on by `ms`: fires what is due in order of time, then of scheduling, and lets what follows from it happen first. */
  advance(ms: number): Promise<void>
  /** Resolves when nothing happens any more but by time passing. */
  settle(): Promise<void>
  /**
   * Settles as `work` does. Until then time moves to the next scheduled action whenever nothing else happens. Rejects with
   * CORE_TEST_STUCK when nothing is scheduled, or `limitMs` of virtual time have passed.
   */
  runUntil<T>(work: Promise<T>, options?: RunUntilOptions): Promise<T>
}

export interface RunUntilOptions {
  /** Virtual time after which the test counts as stuck. Default: 15 minutes. */
  readonly limitMs?: number
  /** Virtual time that each turn of the event loop takes while something happens. Default 0: time only passes in waiting. */
  readonly turnMs?: number
  /** While it returns true, something may be under way that the clock cannot see (a module being loaded): time moves only after a moment of real time. */
  readonly careful?: () => boolean
}
