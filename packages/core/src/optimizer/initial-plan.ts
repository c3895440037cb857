import { deriveUids } from '../graph/derive-uid.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { MillraceError } from '../errors.ts'
import { computeDefaultMaxParallelism } from '../types/key-group.ts'
import type { Plan } from './plan.ts'

/** The graph with the job's defaults filled in. Throws CORE_INVALID_PARALLELISM where they do not fit together. */
export function initialPlan(graph: StreamGraph, defaults: { readonly parallelism: number; readonly maxParallelism?: number }): Plan {
  const uids = deriveUids(graph)
  const nodes = graph.nodes.map((node, id) => {
    const parallelism = node.parallelism ?? defaults.parallelism
    const maxParallelism = node.maxParallelism ?? defaults.maxParallelism ?? computeDefaultMaxParallelism(parallelism)
    if (parallelism > maxParallelism) {
      const message = `expected a parallelism of at most maxParallelism (${maxParallelism}) for ${node.name}, found ${parallelism}; lower the one or raise the other`
      throw new MillraceError('CORE_INVALID_PARALLELISM', message, { origin: 'user', at: { operator: node.name } })
    }
    return { ...node, planUid: uids[id] as string, parallelism, maxParallelism }
  })
  return { jobName: graph.jobName, nodes, edges: graph.edges }
}
