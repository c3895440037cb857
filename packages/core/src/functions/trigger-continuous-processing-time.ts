import { MillraceError } from '../errors.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { long } from '../types/number-types.ts'
import type { Trigger } from './window.ts'

const NEXT_FIRE = 'nextFire'

/** See `Triggers.continuousProcessingTime`. */
export function continuousProcessingTime(interval: Duration): Trigger<unknown> {
  const intervalMs = durationMs(interval)
  if (intervalMs === 0) throw new MillraceError('CORE_INVALID_TRIGGER', `expected a continuous trigger with an interval of at least 1ms, found '${interval}'`, { origin: 'user' })
  return {
    name: `continuousProcessingTime(${interval})`,
    stateType: long(),
    onElement(_value, _timestamp, _window, context) {
      if (context.getState<number>(NEXT_FIRE) !== undefined) return 'continue'
      const next = (Math.floor(context.now() / intervalMs) + 1) * intervalMs
      context.setState(NEXT_FIRE, next)
      context.registerProcessingTimeTimer(next)
      return 'continue'
    },
    onEventTime: () => 'continue',
    onProcessingTime(timestamp, _window, context) {
      if (timestamp !== context.getState<number>(NEXT_FIRE)) return 'continue'
      context.setState(NEXT_FIRE, timestamp + intervalMs)
      context.registerProcessingTimeTimer(timestamp + intervalMs)
      return 'fire'
    },
    onMerge(_window, context) {
      context.mergeState(NEXT_FIRE, Math.min)
      const next = context.getState<number>(NEXT_FIRE)
      if (next !== undefined) context.registerProcessingTimeTimer(next)
    },
    clear(_window, context) {
      const next = context.getState<number>(NEXT_FIRE)
      if (next !== undefined) context.deleteProcessingTimeTimer(next)
    },
  }
}
