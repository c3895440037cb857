import type { WireError } from '../errors.ts'
import type { StateHandle } from '../spi/checkpoint-storage.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { Barrier } from './checkpoint/barrier.ts'
import type { KeyedStateFiles } from './checkpoint/checkpoint-metadata.ts'

/**
 * Everything the coordinator and the executors say to each other: one ordered stream of plain data in each direction.
 * The two import nothing else of each other, so an executor may live in another thread or process.
 */

/** `<head uid>#<subtask>`: stable across attempts and processes. */
export type TaskId = string

/** A piece of keyed state to start from. */
export interface KeyedRestore {
  /** The checkpoint or savepoint it belongs to. */
  readonly pointer: string
  readonly handle: StateHandle
  /** As in KeyedStateFiles. */
  readonly base?: readonly StateHandle[]
}

export interface OperatorRestore {
  readonly keyed: readonly KeyedRestore[]
  /** Already redistributed for this subtask, in the encoding of `encodeOperatorState`. */
  readonly operatorState: Uint8Array | undefined
}

export interface TaskRestore {
  readonly checkpointId: number
  /** By operator uid. */
  readonly operators: Readonly<Record<string, OperatorRestore>>
  /** All subtasks had finished: the task reads nothing and only replays commits. */
  readonly finished: boolean
}

export interface TaskDeployment {
  readonly taskId: TaskId
  readonly vertexId: number
  readonly subtaskIndex: number
  /** Counts the deployments of the job: of the whole, or of a region after a failure. */
  readonly attempt: number
  readonly restore: TaskRestore | undefined
}

/** A source split in the encoding of the source's split serializer. */
export interface SerializedSplit {
  readonly version: number
  readonly bytes: Uint8Array
}

/** Position of an executor among those of the job, from 0. */
export type ExecutorId = number

/** By vertex id and subtask: which executor hosts it. */
export type Placement = readonly (readonly ExecutorId[])[]

export type ToExecutor =
  /** Whole pipelined regions: every task that one of `tasks` exchanges records with is deployed in the same attempt, here or elsewhere. */
  | { readonly kind: 'deploy'; readonly attempt: number; readonly planHash: string; readonly tasks: readonly TaskDeployment[]; readonly placement: Placement }
  /** Everything deployed in this attempt is initialised, on all executors. */
  | { readonly kind: 'run'; readonly attempt: number }
  | { readonly kind: 'addSplits'; readonly taskId: TaskId; readonly splits: readonly SerializedSplit[] }
  | { readonly kind: 'noMoreSplits'; readonly taskId: TaskId }
  /** To tasks with sources only; the barrier travels on through the channels. */
  | { readonly kind: 'triggerCheckpoint'; readonly taskId: TaskId; readonly barrier: Barrier }
  | { readonly kind: 'checkpointComplete'; readonly checkpointId: number }
  /** To a source task of an alignment group: how far its splits may be read. */
  | { readonly kind: 'alignWatermark'; readonly taskId: TaskId; readonly maxWatermark: number }
  | { readonly kind: 'checkpointAborted'; readonly checkpointId: number }
  /** Sources end now as if their data had ended. */
  | { readonly kind: 'drain' }
  /** The end of these tasks; `failed` when what is not committed must not become visible. Each answers `closed`. */
  | { readonly kind: 'close'; readonly taskIds: readonly TaskId[]; readonly failed: boolean }

/** What one operator of one subtask put into a checkpoint. */
export interface OperatorSnapshot {
  readonly uid: string
  readonly name: string
  readonly keyed: KeyedStateFiles | undefined
  readonly operatorState: Uint8Array | undefined
}

export interface TaskSnapshot {
  readonly operators: readonly OperatorSnapshot[]
  /** The task had processed all its data when the barrier came. */
  readonly finished: boolean
  readonly sizeBytes: number
}

export type FromExecutor =
  /** Restored and open, waiting for `run`. `splits` are those a source task holds from the checkpoint. */
  | { readonly kind: 'initialized'; readonly taskId: TaskId; readonly splits: readonly SerializedSplit[] }
  | { readonly kind: 'splitRequest'; readonly taskId: TaskId }
  /** How far a source task of an alignment group is; null: it is idle or has ended, and holds nobody back. */
  | { readonly kind: 'watermarkReport'; readonly taskId: TaskId; readonly watermark: number | null }
  | { readonly kind: 'checkpointAck'; readonly taskId: TaskId; readonly checkpointId: number; readonly snapshot: TaskSnapshot }
  | { readonly kind: 'checkpointDeclined'; readonly taskId: TaskId; readonly checkpointId: number; readonly error: WireError }
  /** Commits and other work after `checkpointComplete` are done. */
  | { readonly kind: 'checkpointNotified'; readonly taskId: TaskId; readonly checkpointId: number }
  /** All data processed and `finish` called; the task stays to pass barriers on until `close`. */
  | { readonly kind: 'finished'; readonly taskId: TaskId }
  | { readonly kind: 'failed'; readonly taskId: TaskId; readonly error: WireError }
  | { readonly kind: 'closed'; readonly taskId: TaskId }
  /** Sent at intervals, and before the last `closed`: that the executor is alive, and what its metrics read. */
  | { readonly kind: 'heartbeat'; readonly samples: readonly MetricSample[] }
  /** A line for the logger of the job; those of its fields that are errors are apart. */
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
      readonly errors: Readonly<Record<string, WireError>>
    }
