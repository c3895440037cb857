import type { AnyType } from '../types/type-information.ts'
import type { JsonValue } from './json-value.ts'

export interface SourceFunctionContext<in T> {
  readonly subtaskIndex: number
  readonly parallelism: number
  /** Aborted on cancel, stop and failure: return from `run` soon after. */
  readonly signal: AbortSignal
  collect(value: T, timestamp?: number): void
  emitWatermark(timestamp: number): void
  /** No records for now: this source does not hold event time back until the next `collect`. */
  markIdle(): void
  /** Await it between batches: resolves when downstream has room. Code between two awaits is atomic with respect to checkpoints. */
  ready(): Promise<void>
}

/** One running instance of a SourceFunction. */
export interface RunningSource<out T> {
  /** Emits until the data ends (bounded) or `ctx.signal` aborts. */
  run(context: SourceFunctionContext<T>): Promise<void>
  /** Called between two awaits of `run`. What is returned is what `open` gets after a restore. */
  snapshotState?(checkpointId: number): JsonValue
  notifyCheckpointComplete?(checkpointId: number): void
  close?(): void | Promise<void>
}

/**
 * The simple push source: one loop that emits. Parallelism 1 unless `parallel`. For replay after a failure implement
 * `snapshotState`; without it the source is at-most-once, and a durable job logs that once.
 */
export interface SourceFunction<out T> {
  readonly kind: 'source-function'
  readonly name: string
  /** Default true. */
  readonly bounded?: boolean
  /** Default false. */
  readonly parallel?: boolean
  readonly type?: AnyType
  /** Called once per subtask and attempt. */
  open(restored: JsonValue | undefined): RunningSource<T>
}
