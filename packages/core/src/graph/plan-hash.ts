import type { JsonValue } from '../spi/json-value.ts'
import { hashJson } from './canonical-json.ts'
import { describeKey, describeOperator, describePartitioning, describePolicy, describeType } from './describe-operator.ts'
import type { StreamGraph } from './stream-graph.ts'

/**
 * Everything two processes must agree on to run one job: nodes, edges and their options in order of creation, and `options`,
 * the settings that shape the plan. Never function text: a changed lambda is the same plan.
 */
export function describePlan(graph: StreamGraph, options: JsonValue = null): JsonValue {
  return {
    jobName: graph.jobName,
    nodes: graph.nodes.map((node) => ({
      uid: node.uid,
      name: node.name,
      operator: describeOperator(node.operator),
      keys: node.keys.map((key) => (key === null ? null : describeKey(key))),
      outputType: describeType(node.outputType),
      parallelism: node.parallelism ?? null,
      maxParallelism: node.maxParallelism ?? null,
      chaining: node.chaining,
      ...(node.slotSharingGroup === undefined ? {} : { slotSharingGroup: node.slotSharingGroup }),
      ...(node.bufferTimeoutMs === undefined ? {} : { bufferTimeoutMs: node.bufferTimeoutMs }),
      ...(node.ioThread === undefined ? {} : { ioThread: node.ioThread }),
      onError: describePolicy(node.onError),
    })),
    edges: graph.edges.map(({ source, target, input, tag, partitioning, type }) => ({
      source,
      target,
      input,
      tag,
      partitioning: describePartitioning(partitioning),
      type: describeType(type),
    })),
    options,
    ...(graph.cachedFiles === undefined ? {} : { cachedFiles: graph.cachedFiles.map(({ name, path }) => ({ name, path })) }),
  }
}

/** SHA-256 of the plan's description. */
export function planHash(graph: StreamGraph, options: JsonValue = null): string {
  return hashJson(describePlan(graph, options))
}
