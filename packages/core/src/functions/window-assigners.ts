import { MillraceError } from '../errors.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { signedDurationMs } from './signed-duration.ts'
import type { TimeWindow, TumblingOptions, WindowAssigner, WindowOptions, WindowTime } from './window.ts'

type Assigner = WindowAssigner<TimeWindow>

export interface SessionWindows {
  withGap(gap: Duration): Assigner
  /** `gapMs` gives each record its own gap, in ms. Throws CORE_INVALID_WINDOW while running where it is not above 0. */
  withDynamicGap<T>(gapMs: (value: T) => number): WindowAssigner<TimeWindow, T>
}

/** Windows of one size, side by side, aligned to the epoch plus `offset`. By the records' timestamps. */
export const TumblingEventTimeWindows: { of(size: Duration, options?: TumblingOptions): Assigner } = {
  of: (size, options) => tumbling('event', size, options),
}

/** Like TumblingEventTimeWindows, by the time at which a record arrives. */
export const TumblingProcessingTimeWindows: { of(size: Duration, options?: TumblingOptions): Assigner } = {
  of: (size, options) => tumbling('processing', size, options),
}

/** A window of `size` every `slide`: they overlap when slide < size, and leave gaps when slide > size. */
export const SlidingEventTimeWindows: { of(size: Duration, slide: Duration, options?: WindowOptions): Assigner } = {
  of: (size, slide, options) => sliding('event', size, slide, options),
}

/** Like SlidingEventTimeWindows, by the time at which a record arrives. */
export const SlidingProcessingTimeWindows: { of(size: Duration, slide: Duration, options?: WindowOptions): Assigner } = {
  of: (size, slide, options) => sliding('processing', size, slide, options),
}

/** A window per burst of activity of a key: it ends `gap` after its last record, and merges with any it touches. */
export const EventTimeSessionWindows: SessionWindows = sessions('event')

/** Like EventTimeSessionWindows, by the time at which a record arrives. */
export const ProcessingTimeSessionWindows: SessionWindows = sessions('processing')

/**
 * One window per key that holds everything and ends with event time: give it a trigger, such as `Triggers.count(n)`, or
 * `Triggers.eventTime()` for one result per key at the end of bounded input.
 */
export const GlobalWindows: { create(): Assigner } = {
  create: () => ({ kind: 'global' }),
}

function sessions(time: WindowTime): SessionWindows {
  return {
    withGap: (gap) => ({ kind: 'session', time, gapMs: positive(gap, 'gap') }),
    withDynamicGap: (gapMs) => ({
      kind: 'custom',
      time,
      name: 'session(dynamic gap)',
      merging: true,
      assign(value, timestamp) {
        const gap = gapMs(value)
        if (gap > 0) return [{ start: timestamp, end: timestamp + gap }]
        throw new MillraceError('CORE_INVALID_WINDOW', `expected the function of withDynamicGap to return a gap above 0 ms, found ${gap}`, { origin: 'user' })
      },
    }),
  }
}

function tumbling(time: WindowTime, size: Duration, options: TumblingOptions | undefined): Assigner {
  const sizeMs = positive(size, 'size')
  const { stagger = 'aligned' } = options ?? {}
  return { kind: 'tumbling', time, sizeMs, offsetMs: offsetMs(options, sizeMs), ...(stagger === 'aligned' ? {} : { stagger }) }
}

function sliding(time: WindowTime, size: Duration, slide: Duration, options: WindowOptions | undefined): Assigner {
  const slideMs = positive(slide, 'slide')
  return { kind: 'sliding', time, sizeMs: positive(size, 'size'), slideMs, offsetMs: offsetMs(options, slideMs) }
}

function positive(duration: Duration, what: string): number {
  const ms = durationMs(duration)
  if (ms > 0) return ms
  throw new MillraceError('CORE_INVALID_WINDOW', `expected a window ${what} of at least 1ms, found '${duration}'`, { origin: 'user' })
}

/** 0 ≤ offset < period: windows repeat every period, so that any other offset says the same as one of these. */
function offsetMs(options: WindowOptions | undefined, periodMs: number): number {
  if (options?.offset === undefined) return 0
  const remainder = signedDurationMs(options.offset) % periodMs
  return remainder < 0 ? remainder + periodMs : Math.abs(remainder)
}
