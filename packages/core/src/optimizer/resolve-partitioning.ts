import { MillraceError } from '../errors.ts'
import type { Partitioning } from '../graph/partitioning.ts'
import type { Plan, PlanNode } from './plan.ts'

/** Replaces `auto` by forward for equal parallelism and rebalance otherwise. Throws CORE_FORWARD_PARALLELISM. */
export function resolvePartitioning(plan: Plan): Plan {
  const edges = plan.edges.map((edge) => {
    const source = plan.nodes[edge.source] as PlanNode
    const target = plan.nodes[edge.target] as PlanNode
    const partitioning = resolve(edge.partitioning, source, target)
    return partitioning === edge.partitioning ? edge : { ...edge, partitioning }
  })
  return { ...plan, edges }
}

function resolve(partitioning: Partitioning, source: PlanNode, target: PlanNode): Partitioning {
  const equal = source.parallelism === target.parallelism
  if (partitioning.kind === 'auto') return { kind: equal ? 'forward' : 'rebalance' }
  if (partitioning.kind !== 'forward' || equal) return partitioning
  const message = `expected ${source.name} and ${target.name} to have the same parallelism, because forward() connects subtask i with subtask i, found ${source.parallelism} and ${target.parallelism}; use rebalance() or rescale()`
  throw new MillraceError('CORE_FORWARD_PARALLELISM', message, { origin: 'user', at: { operator: target.name } })
}
