import type { Plan } from './plan.ts'

/** Between one producing and one consuming subtask every partitioning is the same, and forward can be chained. */
export function simplifyShipStrategies(plan: Plan): Plan {
  let changed = false
  const edges = plan.edges.map((edge) => {
    if (edge.partitioning.kind === 'forward' || plan.nodes[edge.source]?.parallelism !== 1 || plan.nodes[edge.target]?.parallelism !== 1) return edge
    changed = true
    return { ...edge, partitioning: { kind: 'forward' } as const }
  })
  return changed ? { ...plan, edges } : plan
}
