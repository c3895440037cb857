import { MillraceError } from '../errors.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import { generic } from '../types/generic-type.ts'
import type { Trigger, TriggerContext, TriggerResult } from './window.ts'

const DEADLINE = 'millrace.deadline'

export interface ProcessingTimeoutOptions {
  readonly resetOnElement?: boolean
}

/** See `Triggers.processingTimeout`. */
export function processingTimeout<T>(trigger: Trigger<T>, timeout: Duration, { resetOnElement = false }: ProcessingTimeoutOptions = {}): Trigger<T> {
  const timeoutMs = durationMs(timeout)
  if (timeoutMs === 0) throw new MillraceError('CORE_INVALID_TRIGGER', `expected a timeout of at least 1ms, found '${timeout}'`, { origin: 'user' })
  const { onMerge } = trigger
  const stop = (context: TriggerContext): void => {
    const deadline = context.getState<number>(DEADLINE) ?? 0
    if (deadline > 0) context.deleteProcessingTimeTimer(deadline)
    context.setState(DEADLINE, 0)
  }
  const start = (context: TriggerContext): void => {
    context.setState(DEADLINE, context.now() + timeoutMs)
    context.registerProcessingTimeTimer(context.now() + timeoutMs)
  }
  const after = (result: TriggerResult, context: TriggerContext): TriggerResult => {
    if (result !== 'continue') stop(context)
    return result
  }
  return {
    name: `processingTimeout(${trigger.name}, ${timeout}${resetOnElement ? ', reset' : ''})`,
    // it shares the state of its trigger, and of the type of that one nothing is known here
    stateType: generic(),
    onElement(value, timestamp, window, context) {
      const result = trigger.onElement(value, timestamp, window, context)
      if (result !== 'continue') return after(result, context)
      const running = (context.getState<number>(DEADLINE) ?? 0) > 0
      if (running && resetOnElement) stop(context)
      if (!running || resetOnElement) start(context)
      return result
    },
    onEventTime: (timestamp, window, context) => after(trigger.onEventTime(timestamp, window, context), context),
    onProcessingTime(timestamp, window, context) {
      const result = trigger.onProcessingTime(timestamp, window, context)
      if (timestamp !== context.getState<number>(DEADLINE)) return after(result, context)
      return after(result === 'purge' || result === 'fireAndPurge' ? 'fireAndPurge' : 'fire', context)
    },
    ...(onMerge === undefined
      ? {}
      : {
          onMerge(window, context) {
            onMerge.call(trigger, window, context)
            context.mergeState<number>(DEADLINE, (a, b) => (a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b)))
            const deadline = context.getState<number>(DEADLINE) ?? 0
            if (deadline > 0) context.registerProcessingTimeTimer(deadline)
          },
        }),
    clear(window, context) {
      trigger.clear(window, context)
      stop(context)
    },
  }
}
