import type { OperatorSpec } from './operator-spec.ts'
import type { StreamGraph } from './stream-graph.ts'

/**
 * Freezes everything the graph owns: nodes, edges, keys and operator specs. Sources, sinks, aggregate functions and types
 * belong to whoever made them and are left as they are.
 */
export function freezeGraph(graph: StreamGraph): StreamGraph {
  for (const node of graph.nodes) {
    node.keys.forEach(Object.freeze)
    Object.freeze(node.keys)
    freezeOperator(node.operator)
    Object.freeze(node)
  }
  for (const edge of graph.edges) {
    Object.freeze(edge.partitioning)
    Object.freeze(edge)
  }
  Object.freeze(graph.nodes)
  Object.freeze(graph.cachedFiles)
  Object.freeze(graph.edges)
  return Object.freeze(graph)
}

function freezeOperator(operator: OperatorSpec): void {
  Object.freeze(operator)
  if (operator.kind === 'window') Object.freeze(operator.function)
  if (operator.kind === 'combine') freezeOperator(operator.window)
  if (operator.kind === 'broadcastProcess' || operator.kind === 'keyedBroadcastProcess') Object.freeze(operator.broadcastStates)
}
