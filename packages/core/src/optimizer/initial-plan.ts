import { deriveUids } from '../graph/derive-uid.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { MillraceError } from '../errors.ts'
import { computeDefaultMaxParallelism } from '../types/key-group.ts'
import type { Plan } from './plan.ts'

const DEFAULT_GROUP = 'default'

/** The graph with the job's defaults filled in. Throws CORE_INVALID_PARALLELISM where they do not fit together. */
export function initialPlan(graph: StreamGraph, defaults: { readonly parallelism: number; readonly maxParallelism?: number }): Plan {
  const uids = deriveUids(graph)
  const groups: string[] = []
  const nodes = graph.nodes.map((node, id) => {
    const parallelism = node.parallelism ?? defaults.parallelism
    const maxParallelism = node.maxParallelism ?? defaults.maxParallelism ?? computeDefaultMaxParallelism(parallelism)
    if (parallelism > maxParallelism) {
      const message = `expected a parallelism of at most maxParallelism (${maxParallelism}) for ${node.name}, found ${parallelism}; lower the one or raise the other`
      throw new MillraceError('CORE_INVALID_PARALLELISM', message, { origin: 'user', at: { operator: node.name } })
    }
    const slotSharingGroup = node.slotSharingGroup ?? inheritedGroup(graph, id, groups)
    groups.push(slotSharingGroup)
    return { ...node, planUid: uids[id] as string, parallelism, maxParallelism, slotSharingGroup }
  })
  return { jobName: graph.jobName, nodes, edges: graph.edges }
}

/** Of an operator that names no slot sharing group: that of its inputs, whose `groups` are settled already. */
function inheritedGroup({ edges }: StreamGraph, id: number, groups: readonly string[]): string {
  const [first = DEFAULT_GROUP, ...others] = new Set(edges.filter(({ target }) => target === id).map(({ source }) => groups[source] as string))
  return others.length === 0 ? first : DEFAULT_GROUP
}
