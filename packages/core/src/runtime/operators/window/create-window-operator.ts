import { Triggers } from '../../../functions/triggers.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { AlignedWindowOperator } from './aligned-window-operator.ts'
import { KeyedWindowOperator } from './keyed-window-operator.ts'

export function createWindowOperator(node: StreamNode, context: OperatorContext, spec: WindowSpec): StreamOperator {
  return isWindowMajor(spec) ? new AlignedWindowOperator(node, spec, context) : new KeyedWindowOperator(node, spec, context)
}

/** Whether windows of this plan fire as a whole, for all keys at once. The two paths give the same results. */
export function isWindowMajor(spec: WindowSpec): boolean {
  const { assigner, trigger, evictor } = spec
  const aligned = (assigner.kind === 'tumbling' || assigner.kind === 'sliding') && assigner.time === 'event'
  return aligned && evictor === undefined && (trigger === undefined || trigger === (Triggers.eventTime() as unknown)) && spec.function.kind !== 'process'
}
