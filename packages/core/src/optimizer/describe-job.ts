import { describeKey, describeOperator, describePartitioning, describePolicy, describeType } from '../graph/describe-operator.ts'
import type { ChainedOperator, JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts'
import type { JsonValue } from '../spi/json-value.ts'
import { chainObstacle } from './chain-obstacle.ts'

/** A job graph as plain data, in the order of the graph; for tools. Fields are added, never changed. */
export interface JobDescription {
  readonly jobName: string
  readonly planHash: string
  readonly vertices: readonly {
    readonly id: number
    readonly name: string
    readonly parallelism: number
    readonly maxParallelism: number
    readonly slotSharingGroup: string
    /** Its subtasks run in threads for I/O and take no slots. */
    readonly ioThread: boolean
    /** Null: the job's. */
    readonly bufferTimeoutMs: number | null
    readonly operators: readonly OperatorDescription[]
  }[]
  readonly edges: readonly EdgeDescription[]
}

export interface OperatorDescription {
  readonly name: string
  readonly uid: string
  /** False: the uid is derived from the plan, and state may not be found again after the job changed. */
  readonly uidGiven: boolean
  readonly stateful: boolean
  readonly operator: { readonly [name: string]: JsonValue }
  /** By input; null where it is not keyed. */
  readonly keys: readonly (string | null)[]
  /** Index of the operator of this chain that calls it; null for the head. */
  readonly calledBy: number | null
  /** Schema of what it emits; `generic` where it is not known; null for sinks. */
  readonly outputType: string | null
  readonly onError: JsonValue
}

export interface EdgeDescription {
  readonly id: number
  readonly sourceVertex: number
  readonly sourceOperator: number
  readonly targetVertex: number
  readonly input: number
  /** The side output that is read; null: the main output. */
  readonly tag: string | null
  readonly partitioning: string
  readonly type: string
  /** Why records are not handed over by call. */
  readonly notChained: string
}

export function describeJob({ jobName, planHash, vertices, edges }: JobGraph): JobDescription {
  return {
    jobName,
    planHash,
    vertices: vertices.map(({ id, name, parallelism, maxParallelism, slotSharingGroup = 'default', ioThread = false, bufferTimeoutMs = null, operators }) => ({
      id,
      name,
      parallelism,
      maxParallelism,
      slotSharingGroup,
      ioThread,
      bufferTimeoutMs,
      operators: operators.map((operator, index) => describeChained(operators, operator, index)),
    })),
    edges: edges.map((edge) => describeEdge(vertices, edges, edge)),
  }
}

function describeChained(chain: readonly ChainedOperator[], { node, uid }: ChainedOperator, index: number): OperatorDescription {
  const caller = chain.findIndex(({ outputs }) => outputs.some(({ target }) => target.kind === 'operator' && target.index === index))
  return {
    name: node.name,
    uid,
    uidGiven: node.uid !== null,
    stateful: node.stateful,
    operator: describeOperator(node.operator),
    keys: node.keys.map((key) => (key === null ? null : describeKey(key))),
    calledBy: caller === -1 ? null : caller,
    outputType: node.operator.kind === 'sink' ? null : describeType(node.outputType),
    onError: describePolicy(node.onError),
  }
}

function describeEdge(vertices: readonly JobVertex[], edges: readonly JobEdge[], edge: JobEdge): EdgeDescription {
  const { id, sourceVertex, sourceOperator, targetVertex, input, tag, partitioning, type } = edge
  const source = vertices[sourceVertex] as JobVertex
  const target = vertices[targetVertex] as JobVertex
  const from = source.operators[sourceOperator] as ChainedOperator
  const head = target.operators[0] as ChainedOperator
  const obstacle = chainObstacle({
    partitioning,
    source: { ...source, name: from.node.name, chaining: from.node.chaining },
    target: { ...target, name: head.node.name, chaining: head.node.chaining },
    targetInputs: edges.filter((other) => other.targetVertex === targetVertex).length,
  })
  return {
    id,
    sourceVertex,
    sourceOperator,
    targetVertex,
    input,
    tag,
    partitioning: describePartitioning(partitioning),
    type: describeType(type),
    notChained: obstacle ?? 'chaining is switched off for the job',
  }
}
