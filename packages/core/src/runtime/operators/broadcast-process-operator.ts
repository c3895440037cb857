import type { BroadcastOpenContext, BroadcastProcessFunction } from '../../functions/process-function.ts'
import type { StateDescriptor } from '../../functions/state-descriptor.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import { BroadcastStates } from './broadcast-states.ts'
import { CoProcessOperator } from './co-process-operator.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'

type Open = (context: BroadcastOpenContext) => BroadcastProcessFunction<never, never, unknown>

export function createBroadcastProcessOperator(node: StreamNode, context: OperatorContext, open: Open, declared: readonly StateDescriptor<unknown>[]): StreamOperator {
  return new CoProcessOperator(node, context, (base, calls) => {
    const states = new BroadcastStates(context, calls, declared)
    const user = open({ ...base, broadcastState: (descriptor) => states.state(descriptor) })
    return states.twoInputs(user as unknown as BroadcastProcessFunction<unknown, unknown, unknown>)
  })
}
