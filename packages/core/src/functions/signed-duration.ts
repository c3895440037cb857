import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'

/** The milliseconds of a duration that may be negative, such as `'-5min'`. Throws CORE_INVALID_DURATION. */
export function signedDurationMs(duration: Duration): number {
  const negative = typeof duration === 'string' && duration.startsWith('-')
  const ms = durationMs((negative ? duration.slice(1) : duration) as Duration)
  return negative && ms > 0 ? -ms : ms
}
