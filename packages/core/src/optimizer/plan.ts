import type { StreamEdge, StreamNode } from '../graph/stream-graph.ts'

/** A node on its way through the optimizer: identity, parallelism and number of key groups are settled. */
export interface PlanNode extends StreamNode {
  /** The user's uid or the derived one. Unique in the plan. */
  readonly planUid: string
  readonly parallelism: number
  readonly maxParallelism: number
  readonly slotSharingGroup: string
}

/** What rules transform. `nodes[i].id === i`, and inputs have lower ids. */
export interface Plan {
  readonly jobName: string
  readonly nodes: readonly PlanNode[]
  readonly edges: readonly StreamEdge[]
}

/** Returns the plan itself when there is nothing to improve. */
export type Rule = (plan: Plan) => Plan

/** The plan with nodes numbered by position again; edges refer to the ids the nodes had before, and keep their order. */
export function renumbered(jobName: string, nodes: readonly PlanNode[], edges: readonly StreamEdge[]): Plan {
  const idOf = new Map(nodes.map((node, index) => [node.id, index]))
  return {
    jobName,
    nodes: nodes.map((node, id) => ({ ...node, id })),
    edges: edges.map((edge) => ({ ...edge, source: idOf.get(edge.source) as number, target: idOf.get(edge.target) as number })),
  }
}
