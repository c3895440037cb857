import type { BadRecordPolicy } from '../spi/bad-record.ts'
import type { AnyType } from '../types/type-information.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { KeySelector, Partitioning } from './partitioning.ts'

/** Into which operator, on which of its inputs, and how. Several edges on one input are a union. */
export interface StreamEdge {
  readonly source: number
  readonly target: number
  /** 0, or 1 for the second input of a two-input operator. */
  readonly input: 0 | 1
  /** Id of the side output of `source` that is read; null for its main output. */
  readonly tag: string | null
  readonly partitioning: Partitioning
  readonly type?: AnyType
}

export interface StreamNode {
  /** Position in order of creation, from 0; a node's inputs have lower ids. */
  readonly id: number
  /** Matches state across versions of the job. Null: derived from the plan, and refused when state must survive. */
  readonly uid: string | null
  readonly name: string
  readonly operator: OperatorSpec
  /** By input; null where the input is not keyed. */
  readonly keys: readonly (KeySelector | null)[]
  readonly outputType?: AnyType
  /** Undefined: the job's default. */
  readonly parallelism?: number
  /** Number of key groups; fixed by the first savepoint. Undefined: the job's default. */
  readonly maxParallelism?: number
  /** Operators of other groups run in other slots. Undefined: that of all inputs if they agree, else `default`. */
  readonly slotSharingGroup?: string
  /** Longest time that what it emits waits in a partly filled batch. Undefined: the job's. */
  readonly bufferTimeoutMs?: number
  /** `never`: chained with neither side; `head`: starts a new chain. */
  readonly chaining: 'always' | 'head' | 'never'
  /** Of a source or a sink: its subtasks run in threads that execute nothing else, and it is chained with nothing. */
  readonly ioThread?: true
  /** For user functions that throw. Default `fail`. */
  readonly onError?: BadRecordPolicy
  /** Keeps state that a restore needs to find again. */
  readonly stateful: boolean
}

/** A file that functions may ask for, as the job registered it. */
export interface CachedFileSpec {
  readonly name: string
  readonly path: string
}

/** The job as the user wrote it: frozen once the builder returned. Everything but functions is plain data. */
export interface StreamGraph {
  readonly jobName: string
  readonly nodes: readonly StreamNode[]
  readonly edges: readonly StreamEdge[]
  /** Side files; absent: none. */
  readonly cachedFiles?: readonly CachedFileSpec[]
}

/** The side output that carries a source's or an operator's bad records when its policy is `deadLetter`. */
export const DEAD_LETTER_TAG = 'millrace.dead-letter'
