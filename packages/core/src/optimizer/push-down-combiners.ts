import type { WindowAssigner } from '../functions/window.ts'
import { COMBINED_KEY, combinedRowType } from '../graph/combined-row.ts'
import type { WindowSpec } from '../graph/operator-spec.ts'
import type { StreamEdge } from '../graph/stream-graph.ts'
import { renumbered } from './plan.ts'
import type { Plan, PlanNode } from './plan.ts'

/**
 * Puts a combiner before each shuffle into a window whose aggregate merges, so that a row per key and slice crosses it
 * instead of every element.
 *
 * Sound because a combiner emits everything it holds before it forwards a watermark or a barrier: the window's watermark is
 * the minimum over its channels, so none of what a combiner holds back can become late meanwhile that was not late for its
 * own channel. Left out wherever a result could tell the difference: custom triggers see single elements; an allowed-late
 * element fires its window by itself; a late side output wants elements; a policy for failing functions wants the one that
 * failed. Elements are combined in another order: sums of fractions may differ in their last digits, as they do with any change
 * of parallelism. It needs a hash shuffle on every input of the window: between single subtasks it would only cost.
 */
export function pushDownCombiners(plan: Plan): Plan {
  const window = plan.nodes.find((node) => mayCombine(plan, node))
  return window === undefined ? plan : pushDownCombiners(combineBefore(plan, window))
}

function mayCombine(plan: Plan, { id, operator, onError }: PlanNode): boolean {
  if (operator.kind !== 'window' || operator.combined === true) return false
  const { assigner, trigger, evictor, allowedLatenessMs, lateTag, function: spec } = operator
  const merges = spec.kind === 'aggregate' && spec.aggregate.merge !== undefined
  const plain = trigger === undefined && evictor === undefined && allowedLatenessMs === 0 && lateTag === undefined && (onError ?? 'fail') === 'fail'
  return isCovering(assigner) && merges && plain && inputsOf(plan, id).every((edge) => edge.partitioning.kind === 'hash')
}

/** Event-time windows that leave no gaps and begin at the same time for all keys. In a gap an element is late or not by its own timestamp, which a slice has lost. */
function isCovering(assigner: WindowAssigner<unknown, never>): boolean {
  if (assigner.kind === 'tumbling') return assigner.time === 'event' && assigner.stagger === undefined
  return assigner.kind === 'sliding' && assigner.time === 'event' && assigner.slideMs <= assigner.sizeMs
}

function combineBefore(plan: Plan, window: PlanNode): Plan {
  const spec = window.operator as WindowSpec
  const inputs = inputsOf(plan, window.id)
  const elementType = inputs.every((edge) => edge.type === inputs[0]?.type) ? inputs[0]?.type : undefined
  const outputType = combinedRowType(spec, window.keys[0], elementType)
  const combiners = inputs.map((edge, index): PlanNode => {
    const producer = plan.nodes[edge.source] as PlanNode
    return {
      id: plan.nodes.length + index,
      uid: null,
      planUid: `${window.planUid}.combine${index === 0 ? '' : `-${index + 1}`}`,
      name: `combine for ${window.name}`,
      operator: { kind: 'combine', window: spec },
      keys: window.keys,
      outputType,
      parallelism: producer.parallelism,
      maxParallelism: producer.maxParallelism,
      slotSharingGroup: producer.slotSharingGroup,
      chaining: 'always',
      stateful: false,
    }
  })
  const combinedWindow: PlanNode = { ...window, operator: { ...spec, combined: true }, keys: [COMBINED_KEY] }
  const nodes = plan.nodes.flatMap((node) => (node.id === window.id ? [...combiners, combinedWindow] : [node]))
  const edges = plan.edges.flatMap((edge): StreamEdge[] => {
    const combiner = combiners[inputs.indexOf(edge)]
    if (combiner === undefined) return [edge]
    return [
      { ...edge, target: combiner.id, partitioning: { kind: 'forward' } },
      { source: combiner.id, target: window.id, input: 0, tag: null, partitioning: { kind: 'hash', key: COMBINED_KEY }, type: outputType },
    ]
  })
  return renumbered(plan.jobName, nodes, edges)
}

function inputsOf(plan: Plan, target: number): readonly StreamEdge[] {
  return plan.edges.filter((edge) => edge.target === target)
}
