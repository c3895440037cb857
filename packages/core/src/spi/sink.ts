import type { AnyType } from '../types/type-information.ts'
import type { FileSystems } from './file-systems.ts'
import type { Logger } from './logger.ts'
import type { MetricGroup } from './metric-group.ts'
import type { SimpleVersionedSerializer } from './simple-versioned-serializer.ts'

export interface SinkWriterContext {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly jobName: string
  /** The id of the first checkpoint that can contain output of this writer: restored checkpoint + 1, or 1. */
  readonly firstCheckpointId: number
  /** How often checkpoints are taken; undefined: only when asked for. Output that waits for its commit must live longer. */
  readonly checkpointIntervalMs?: number
  readonly signal: AbortSignal
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  now(): number
  currentWatermark(): number
}

/**
 * The native sink (the model of Flink's Sink V2). Configuration only; `createWriter` runs once per subtask and attempt.
 * Without `createCommitter` output is visible when written (at-least-once, or exactly-once if writes are idempotent);
 * with it, output becomes visible when the checkpoint that contains its committables completes.
 */
export interface Sink<in T> {
  readonly kind: 'sink'
  readonly name: string
  /** The schema the sink wants; compile-time checks come from T, this one is compared when both sides have one. */
  readonly type?: AnyType
  readonly description?: Readonly<Record<string, string | number | boolean | null>>
  /** Default: JSON, version 1. */
  readonly writerStateSerializer?: SimpleVersionedSerializer<unknown>
  /** Default: JSON, version 1. */
  readonly committableSerializer?: SimpleVersionedSerializer<unknown>
  /** `restored` holds the writer states assigned to this subtask: none, one, or several after scaling in. */
  createWriter(context: SinkWriterContext, restored: readonly unknown[]): SinkWriter<T> | Promise<SinkWriter<T>>
  /** Called on each subtask. Committables of a failed attempt are committed by whichever subtask they are restored to. */
  createCommitter?(context: SinkWriterContext): Committer | Promise<Committer>
}

/** Writes the records of one subtask. Methods are never called concurrently. */
export interface SinkWriter<in T, C = unknown, W = unknown> {
  /** Buffers or writes one record. Synchronous; what it buffers must be bounded through `ready`. */
  write(value: T, timestamp: number): void
  /** Asked after every batch: a promise stops input until it resolves (back-pressure); undefined means go on. */
  ready?(): Promise<void> | undefined
  /** Makes everything written so far durable. Called at each checkpoint before `prepareCommit`, and at the end of input. */
  flush(endOfInput: boolean): void | Promise<void>
  /** The first phase: what has to be committed for the output written since the last call. May be empty. */
  prepareCommit?(checkpointId: number): readonly C[] | Promise<readonly C[]>
  /** State needed to go on with unfinished output (in-progress files) after a restore. Called after `prepareCommit`. */
  snapshotState?(checkpointId: number): readonly W[] | Promise<readonly W[]>
  writeWatermark?(timestamp: number): void
  /** Also called when the attempt failed: must not publish anything. */
  close?(): void | Promise<void>
}

/** The second phase. Called after the checkpoint completed, and again after a restore: must be idempotent. */
export interface Committer<in C = never> {
  /** Throw a retryable MillraceError to be called again with all of them; a commit already done is success. */
  commit(committables: readonly C[]): void | Promise<void>
  close?(): void | Promise<void>
}
