import { Triggers } from '../../../functions/triggers.ts'
import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { AlignedWindowOperator } from './aligned-window-operator.ts'
import { KeyedWindowOperator } from './keyed-window-operator.ts'
import { SessionWindowOperator } from './session-window-operator.ts'

export function createWindowOperator(node: StreamNode, context: OperatorContext, spec: WindowSpec): StreamOperator {
  if (isWindowMajor(spec)) return new AlignedWindowOperator(node, spec, context)
  const gapMs = shortSessionGapMs(spec)
  return gapMs === undefined ? new KeyedWindowOperator(node, spec, context) : new SessionWindowOperator(node, spec, gapMs, context)
}

/** Whether windows of this plan fire as a whole, for all keys at once. All paths give the same results. */
export function isWindowMajor(spec: WindowSpec): boolean {
  const { assigner } = spec
  if (assigner.kind === 'tumbling' && assigner.stagger !== undefined) return false
  return (assigner.kind === 'tumbling' || assigner.kind === 'sliding') && assigner.time === 'event' && firesByDefault(spec)
}

/** The gap of sessions that the short path can take, in ms. */
export function shortSessionGapMs(spec: WindowSpec): number | undefined {
  const { assigner } = spec
  return assigner.kind === 'session' && assigner.time === 'event' && firesByDefault(spec) && merges(spec) ? assigner.gapMs : undefined
}

/** One result when the watermark passes the end, of contents that only the engine sees. */
function firesByDefault({ trigger, evictor, function: { kind } }: WindowSpec): boolean {
  return evictor === undefined && kind !== 'process' && (trigger === undefined || trigger === (Triggers.eventTime() as unknown))
}

function merges({ function: spec }: WindowSpec): boolean {
  return spec.kind === 'reduce' || (spec.kind === 'aggregate' && spec.aggregate.merge !== undefined)
}
