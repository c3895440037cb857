import type { OperatorKind } from '../graph/operator-spec.ts'
import { renumbered } from './plan.ts'
import type { Plan, PlanNode } from './plan.ts'

/** Operators that exist for what they do, not only for what they emit: process functions may talk to the outside. */
const EFFECTFUL: ReadonlySet<OperatorKind> = new Set([
  'sink',
  'process',
  'keyedProcess',
  'coProcess',
  'keyedCoProcess',
  'broadcastProcess',
  'keyedBroadcastProcess',
])

/** Removes operators whose outputs reach nothing that has an effect. */
export function pruneDeadBranches(plan: Plan): Plan {
  const live = new Set<number>()
  for (const node of plan.nodes.toReversed()) {
    const read = plan.edges.some((edge) => edge.source === node.id && live.has(edge.target))
    if (read || hasEffect(node)) live.add(node.id)
  }
  if (live.size === plan.nodes.length) return plan
  const nodes = plan.nodes.filter((node) => live.has(node.id))
  return renumbered(plan.jobName, nodes, plan.edges.filter((edge) => live.has(edge.source) && live.has(edge.target)))
}

function hasEffect({ operator }: PlanNode): boolean {
  return EFFECTFUL.has(operator.kind) || (operator.kind === 'window' && operator.function.kind === 'process')
}
