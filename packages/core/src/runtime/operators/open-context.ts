import type { OpenContext, OperatorOpenContext } from '../../functions/process-function.ts'
import { operatorAccumulators } from './operator-accumulators.ts'
import type { OperatorContext } from './stream-operator.ts'
import type { UserCalls } from './user-calls.ts'

/** What every process function is opened with. */
export function openContext(context: OperatorContext, calls: UserCalls, currentWatermark: () => number): OpenContext {
  return {
    subtaskIndex: context.subtaskIndex,
    parallelism: context.parallelism,
    metrics: context.metrics,
    accumulators: operatorAccumulators(context),
    currentWatermark,
    now: () => context.now(),
    output: (tag, value) => calls.output.collectSide(tag as never, value),
    cachedFile: (name) => context.cachedFile(name),
  }
}

export function operatorOpenContext(context: OperatorContext, calls: UserCalls, currentWatermark: () => number): OperatorOpenContext {
  return {
    ...openContext(context, calls, currentWatermark),
    operatorState: (name, type, options) => context.operatorState.list(name, type, options?.redistribute ?? 'split'),
  }
}
