import { MillraceError } from '../../errors.ts'
import type { BroadcastProcessFunction, KeyedBroadcastOpenContext } from '../../functions/process-function.ts'
import type { StateDescriptor } from '../../functions/state-descriptor.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Key } from '../../types/key.ts'
import { BroadcastStates } from './broadcast-states.ts'
import { KeyedCoProcessOperator } from './keyed-co-process-operator.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'

type Open = (context: KeyedBroadcastOpenContext<Key>) => BroadcastProcessFunction<never, never, unknown>

export function createKeyedBroadcastProcessOperator(node: StreamNode, context: OperatorContext, open: Open, declared: readonly StateDescriptor<unknown>[]): StreamOperator {
  return new KeyedCoProcessOperator(node, context, false, (keyed) => {
    const states = new BroadcastStates(context, keyed.calls, declared)
    // defined on the object itself: spreading it would read `key` once and for all
    const extended = Object.assign(keyed.openContext(), {
      broadcastState: states.state.bind(states),
      forEachKey<S>(descriptor: StateDescriptor<S>, visit: (key: Key, state: S) => void): void {
        if (keyed.keys.keyGroup >= 0) throw keyedElement(context)
        keyed.forEachKey(descriptor, visit)
      },
    }) as KeyedBroadcastOpenContext<Key>
    return states.twoInputs(open(extended) as unknown as BroadcastProcessFunction<unknown, unknown, unknown>)
  })
}

function keyedElement(context: OperatorContext): MillraceError {
  const message = `forEachKey of "${context.name}" was called for a keyed element or timer; call it from processBroadcastElement or endInput`
  return new MillraceError('CORE_BROADCAST_READONLY', message, { origin: 'user' })
}
