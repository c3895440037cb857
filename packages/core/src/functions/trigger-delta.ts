import type { TypeInformation } from '../types/type-information.ts'
import type { Trigger } from './window.ts'

const LAST_FIRED = 'lastFired'

/** See `Triggers.delta`. */
export function delta<T>(threshold: number, difference: (lastFired: T, element: T) => number, type?: TypeInformation<T>): Trigger<T> {
  return {
    name: `delta(${threshold})`,
    ...(type === undefined ? {} : { stateType: type }),
    onElement(value, _timestamp, _window, context) {
      const last = context.getState<T>(LAST_FIRED)
      if (last !== undefined && difference(last, value) <= threshold) return 'continue'
      context.setState(LAST_FIRED, value)
      return last === undefined ? 'continue' : 'fire'
    },
    onEventTime: () => 'continue',
    onProcessingTime: () => 'continue',
    clear: () => {},
  }
}
