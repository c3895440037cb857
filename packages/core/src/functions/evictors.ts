import { MillraceError } from '../errors.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import type { TimeWindow } from './window.ts'

/** An element of a window, with its event time, or the time at which it arrived in windows by processing time. */
export interface WindowElement<out T> {
  readonly value: T
  readonly timestamp: number
}

export interface EvictorContext {
  readonly window: TimeWindow
  readonly watermark: number
}

/**
 * Drops elements of a window when it fires: both functions get the elements in order of arrival, never none, and return
 * those that stay. What `before` drops the window function does not see; both are dropped for good.
 */
export interface Evictor<in T> {
  readonly name: string
  before?<E extends WindowElement<T>>(elements: readonly E[], context: EvictorContext): readonly E[]
  after?<E extends WindowElement<T>>(elements: readonly E[], context: EvictorContext): readonly E[]
}

export interface EvictorOptions {
  /** Drops after the window function instead of before it. */
  readonly evictAfter?: boolean
}

export const Evictors: {
  /** Leaves the last `maxCount` (≥ 1) elements. */
  count(maxCount: number, options?: EvictorOptions): Evictor<unknown>
  /** Leaves the elements that are less than `age` older than the newest one. */
  time(age: Duration, options?: EvictorOptions): Evictor<unknown>
  /** Leaves the elements whose difference from the last one is below `threshold`. */
  delta<T>(threshold: number, delta: (element: T, last: T) => number, options?: EvictorOptions): Evictor<T>
} = {
  count(maxCount, options) {
    if (!Number.isSafeInteger(maxCount) || maxCount < 1) throw new MillraceError('CORE_INVALID_EVICTOR', `expected Evictors.count of a whole number from 1, found ${maxCount}`, { origin: 'user' })
    return evictor(`count(${maxCount})`, options, (elements) => elements.slice(-maxCount))
  },
  time(age, options) {
    const ageMs = durationMs(age)
    return evictor(`time(${ageMs}ms)`, options, (elements) => {
      const newest = elements.reduce((latest, { timestamp }) => Math.max(latest, timestamp), -Infinity)
      return elements.filter(({ timestamp }) => timestamp > newest - ageMs)
    })
  },
  delta: <T>(threshold: number, delta: (element: T, last: T) => number, options?: EvictorOptions) =>
    evictor<T>(`delta(${threshold})`, options, (elements) => {
      const last = elements.at(-1)
      return last === undefined ? elements : elements.filter(({ value }) => delta(value, last.value) < threshold)
    }),
}

function evictor<T>(name: string, { evictAfter = false }: EvictorOptions = {}, keep: <E extends WindowElement<T>>(elements: readonly E[]) => readonly E[]): Evictor<T> {
  return evictAfter ? { name: `${name} after`, after: keep } : { name, before: keep }
}
