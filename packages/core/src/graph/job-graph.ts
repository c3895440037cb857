import type { AnyType } from '../types/type-information.ts'
import type { Partitioning } from './partitioning.ts'
import type { CachedFileSpec, StreamNode } from './stream-graph.ts'

/** Where an output of a chained operator goes: to the next operator of the chain, or out through an edge. */
export interface ChainLink {
  /** Null: the main output. */
  readonly tag: string | null
  readonly target: { readonly kind: 'operator'; readonly index: number } | { readonly kind: 'edge'; readonly edge: number }
}

export interface ChainedOperator {
  readonly node: StreamNode
  /** The node's uid, or one derived from the plan. Unique in the job. */
  readonly uid: string
  readonly outputs: readonly ChainLink[]
}

/** One task times `parallelism`: a tree of operators that hand records over by call. `operators[0]` is the head, parents come first. */
export interface JobVertex {
  readonly id: number
  readonly name: string
  readonly parallelism: number
  readonly maxParallelism: number
  /** Only vertices of one group share slots. Absent: the group `default`. */
  readonly slotSharingGroup?: string
  /** It is one source or sink, whose subtasks take no slots but run in threads for I/O. */
  readonly ioThread?: true
  /** Longest time a record waits in a partly filled batch: the shortest that its operators ask for. Absent: the job's. */
  readonly bufferTimeoutMs?: number
  readonly operators: readonly ChainedOperator[]
}

export interface JobEdge {
  /** Index in `JobGraph.edges`. */
  readonly id: number
  readonly sourceVertex: number
  readonly sourceOperator: number
  readonly tag: string | null
  readonly targetVertex: number
  /** Input of the target's head operator. */
  readonly input: 0 | 1
  /** Never `auto`. */
  readonly partitioning: Partitioning
  readonly type?: AnyType
}

/** What is executed: the output of the optimizer. `vertices[i].id === i`, sources first, inputs before users. */
export interface JobGraph {
  readonly jobName: string
  readonly vertices: readonly JobVertex[]
  readonly edges: readonly JobEdge[]
  /** Side files; absent: none. */
  readonly cachedFiles?: readonly CachedFileSpec[]
  /** Of structure and options, never of function text; the same builder with the same parameters gives the same hash. */
  readonly planHash: string
}
