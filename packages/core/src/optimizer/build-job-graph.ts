import type { ChainedOperator, ChainLink, JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'
import type { StreamEdge, StreamNode } from '../graph/stream-graph.ts'
import { chainObstacle } from './chain-obstacle.ts'
import type { Plan, PlanNode } from './plan.ts'

/** Turns operators into vertices: trees of operators that hand records over by call. `chaining` false: one operator each. */
export function buildJobGraph(plan: Plan, options: { readonly chaining: boolean; readonly planHash: string }): JobGraph {
  const chained = new Set(options.chaining ? plan.edges.filter((edge) => canChain(plan, edge)) : [])
  const chainedTargets = new Set([...chained].map((edge) => edge.target))
  const heads = plan.nodes.filter((node) => !chainedTargets.has(node.id))
  const isSource = (node: PlanNode): boolean => node.operator.kind === 'source'
  // a head has a lower id than the rest of its chain, so that the order of heads puts inputs before their users
  const chains = [...heads.filter(isSource), ...heads.filter((head) => !isSource(head))].map((head) => chainFrom(plan, head, chained))

  const placeOf = new Map(chains.flatMap((nodes, vertex) => nodes.map((node, index) => [node.id, { vertex, index }] as const)))
  const place = (id: number): { vertex: number; index: number } => placeOf.get(id) as { vertex: number; index: number }
  const edgeIds = new Map<StreamEdge, number>()
  const edges: JobEdge[] = []
  for (const edge of plan.edges) {
    if (chained.has(edge)) continue
    const { input, tag, partitioning, type } = edge
    const id = edges.length
    edgeIds.set(edge, id)
    const from = place(edge.source)
    edges.push({ id, sourceVertex: from.vertex, sourceOperator: from.index, tag, targetVertex: place(edge.target).vertex, input, partitioning, ...(type === undefined ? {} : { type }) })
  }

  const operatorOf = (node: PlanNode): ChainedOperator => ({
    node: streamNode(node),
    uid: node.planUid,
    outputs: plan.edges
      .filter((edge) => edge.source === node.id)
      .map((edge): ChainLink => {
        const edgeId = edgeIds.get(edge)
        return { tag: edge.tag, target: edgeId === undefined ? { kind: 'operator', index: place(edge.target).index } : { kind: 'edge', edge: edgeId } }
      }),
  })
  const vertices = chains.map((nodes, id): JobVertex => {
    const head = nodes[0] as PlanNode
    const { parallelism, maxParallelism, slotSharingGroup, ioThread } = head
    const timeouts = nodes.flatMap(({ bufferTimeoutMs = [] }) => bufferTimeoutMs)
    return {
      id,
      name: nodes.map((node) => node.name).join(' → '),
      parallelism,
      maxParallelism,
      ...(slotSharingGroup === 'default' ? {} : { slotSharingGroup }),
      ...(ioThread === undefined ? {} : { ioThread }),
      ...(timeouts.length === 0 ? {} : { bufferTimeoutMs: Math.min(...timeouts) }),
      operators: nodes.map(operatorOf),
    }
  })
  return { jobName: plan.jobName, vertices, edges, planHash: options.planHash }
}

function canChain(plan: Plan, edge: StreamEdge): boolean {
  const targetInputs = plan.edges.filter((other) => other.target === edge.target).length
  return chainObstacle({ partitioning: edge.partitioning, source: plan.nodes[edge.source] as PlanNode, target: plan.nodes[edge.target] as PlanNode, targetInputs }) === null
}

/** The operators of one chain, parents first. */
function chainFrom(plan: Plan, head: PlanNode, chained: ReadonlySet<StreamEdge>): readonly PlanNode[] {
  const next = plan.edges.filter((edge) => edge.source === head.id && chained.has(edge))
  return [head, ...next.flatMap((edge) => chainFrom(plan, plan.nodes[edge.target] as PlanNode, chained))]
}

function streamNode({ planUid: _planUid, ...node }: PlanNode): StreamNode {
  return Object.freeze(node)
}
