import { MillraceError } from '../errors.ts'
import { long } from '../types/number-types.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { continuousProcessingTime } from './trigger-continuous-processing-time.ts'
import { delta } from './trigger-delta.ts'
import { processingTimeout } from './trigger-processing-timeout.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { TimeWindow, Trigger, TriggerContext, TriggerResult } from './window.ts'

const EVENT_TIME: Trigger<unknown> = {
  name: 'eventTime',
  onElement(_value, _timestamp, window, context) {
    if (lastTimestamp(window) <= context.watermark) return 'fire'
    context.registerEventTimeTimer(lastTimestamp(window))
    return 'continue'
  },
  onEventTime: (timestamp, window) => (timestamp === lastTimestamp(window) ? 'fire' : 'continue'),
  onProcessingTime: () => 'continue',
  onMerge(window, context) {
    // a window that is already over fires with the element that made it merge
    if (lastTimestamp(window) > context.watermark) context.registerEventTimeTimer(lastTimestamp(window))
  },
  clear: (window, context) => context.deleteEventTimeTimer(lastTimestamp(window)),
}

const PROCESSING_TIME: Trigger<unknown> = {
  name: 'processingTime',
  onElement(_value, _timestamp, window, context) {
    context.registerProcessingTimeTimer(lastTimestamp(window))
    return 'continue'
  },
  onEventTime: () => 'continue',
  onProcessingTime: () => 'fire',
  onMerge(window, context) {
    if (lastTimestamp(window) > context.now()) context.registerProcessingTimeTimer(lastTimestamp(window))
  },
  clear: (window, context) => context.deleteProcessingTimeTimer(lastTimestamp(window)),
}

const NEVER: Trigger<unknown> = {
  name: 'never',
  onElement: () => 'continue',
  onEventTime: () => 'continue',
  onProcessingTime: () => 'continue',
  onMerge: () => {},
  clear: () => {},
}

const COUNT = 'count'
const NEXT_FIRE = 'nextFire'
const add = (a: number, b: number): number => a + b

function count(maxCount: number): Trigger<unknown> {
  if (!Number.isSafeInteger(maxCount) || maxCount < 1) {
    throw new MillraceError('CORE_INVALID_TRIGGER', `expected Triggers.count of a whole number from 1, found ${maxCount}`, { origin: 'user' })
  }
  return {
    name: `count(${maxCount})`,
    stateType: long(),
    onElement(_value, _timestamp, _window, context) {
      const seen = (context.getState<number>(COUNT) ?? 0) + 1
      context.setState(COUNT, seen < maxCount ? seen : 0)
      return seen < maxCount ? 'continue' : 'fire'
    },
    onEventTime: () => 'continue',
    onProcessingTime: () => 'continue',
    onMerge: (_window, context) => context.mergeState(COUNT, add),
    clear: () => {},
  }
}

function continuousEventTime(interval: Duration): Trigger<unknown> {
  const intervalMs = durationMs(interval)
  if (intervalMs === 0) throw new MillraceError('CORE_INVALID_TRIGGER', `expected an interval of at least 1ms, found '${interval}'`, { origin: 'user' })
  const schedule = (timestamp: number, window: TimeWindow, context: TriggerContext): void => {
    const next = Math.min(timestamp, lastTimestamp(window))
    context.setState(NEXT_FIRE, next)
    context.registerEventTimeTimer(next)
  }
  return {
    name: `continuousEventTime(${interval})`,
    stateType: long(),
    onElement(_value, timestamp, window, context) {
      if (lastTimestamp(window) <= context.watermark) return 'fire'
      context.registerEventTimeTimer(lastTimestamp(window))
      if (context.getState<number>(NEXT_FIRE) === undefined) schedule(timestamp - floorMod(timestamp, intervalMs) + intervalMs, window, context)
      return 'continue'
    },
    onEventTime(timestamp, window, context) {
      if (timestamp === lastTimestamp(window)) return 'fire'
      if (timestamp !== context.getState<number>(NEXT_FIRE)) return 'continue'
      schedule(timestamp + intervalMs, window, context)
      return 'fire'
    },
    onProcessingTime: () => 'continue',
    onMerge(window, context) {
      context.mergeState(NEXT_FIRE, Math.min)
      const next = context.getState<number>(NEXT_FIRE)
      if (next !== undefined) context.registerEventTimeTimer(next)
      if (lastTimestamp(window) > context.watermark) context.registerEventTimeTimer(lastTimestamp(window))
    },
    clear(window, context) {
      const next = context.getState<number>(NEXT_FIRE)
      if (next !== undefined) context.deleteEventTimeTimer(next)
      context.deleteEventTimeTimer(lastTimestamp(window))
    },
  }
}

function purging<T>(trigger: Trigger<T>): Trigger<T> {
  const purge = (result: TriggerResult): TriggerResult => (result === 'fire' ? 'fireAndPurge' : result)
  const { onMerge } = trigger
  return {
    name: `purging(${trigger.name})`,
    ...(trigger.stateType === undefined ? {} : { stateType: trigger.stateType }),
    onElement: (value, timestamp, window, context) => purge(trigger.onElement(value, timestamp, window, context)),
    onEventTime: (timestamp, window, context) => purge(trigger.onEventTime(timestamp, window, context)),
    onProcessingTime: (timestamp, window, context) => purge(trigger.onProcessingTime(timestamp, window, context)),
    ...(onMerge === undefined ? {} : { onMerge: (window, context) => onMerge.call(trigger, window, context) }),
    clear: (window, context) => trigger.clear(window, context),
  }
}

/** Decides when windows fire. Firing keeps the contents; only `purging` triggers and the end of a window drop them. */
export const Triggers: {
  /** Fires when the watermark passes the end of the window, and again for each late element within the allowed lateness. */
  eventTime(): Trigger<unknown>
  /** Fires when processing time passes the end of the window. */
  processingTime(): Trigger<unknown>
  /** Fires each time `maxCount` (≥ 1) more elements of a key and window have come. Does not fire at the end of the window. */
  count(maxCount: number): Trigger<unknown>
  /** Drops the contents of the window whenever `trigger` fires. */
  purging<T>(trigger: Trigger<T>): Trigger<T>
  /** Fires early at every multiple of `interval` that the watermark passes, and at the end of the window. */
  continuousEventTime(interval: Duration): Trigger<unknown>
  /** Fires at every multiple of `interval` of processing time while the window has elements; not at the end of the window. */
  continuousProcessingTime(interval: Duration): Trigger<unknown>
  /** Fires when `delta` of the element that fired last (at first, the first one) and a new one is above `threshold`. */
  delta<T>(threshold: number, delta: (lastFired: T, element: T) => number, type?: TypeInformation<T>): Trigger<T>
  /**
   * What `trigger` does, and fires too when `timeout` of processing time has passed since the first element, or the first
   * after the window fired. With `resetOnElement` since the last one.
   */
  processingTimeout<T>(trigger: Trigger<T>, timeout: Duration, options?: { readonly resetOnElement?: boolean }): Trigger<T>
  /** Never fires: the default of global windows. */
  never(): Trigger<unknown>
} = {
  eventTime: () => EVENT_TIME,
  processingTime: () => PROCESSING_TIME,
  count,
  purging,
  continuousEventTime,
  continuousProcessingTime,
  delta,
  processingTimeout,
  never: () => NEVER,
}

function lastTimestamp(window: TimeWindow): number {
  return window.end - 1
}

function floorMod(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus
}
