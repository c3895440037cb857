import type { BadRecord } from './bad-record.ts'
import type { FileSystems } from './file-systems.ts'
import type { Logger } from './logger.ts'
import type { MetricGroup } from './metric-group.ts'
import type { Output } from './output.ts'
import type { SourceSplit } from './source.ts'

/** Where one split's records go. Watermarks are generated per split and merged by the runtime. */
export interface SourceOutput<in T> extends Output<T> {
  /** Hands over a record that could not be decoded; the source's BadRecordPolicy decides. Keep calling in reading order. */
  reject(record: BadRecord): void
  /** A watermark carried by the data itself, used as it is when the job's WatermarkStrategy is `fromSource()`. */
  emitWatermark(timestamp: number): void
  /** Nothing to read and caught up: starts the idle clock of this split. The next record ends it. */
  markIdle(): void
}

/** Records collected here directly belong to no split; use `forSplit` where there is more than one. */
export interface ReaderOutput<in T> extends SourceOutput<T> {
  /** The output of one split; the same object for the same id. */
  forSplit(splitId: string): SourceOutput<T>
  /** The split has ended: its watermark no longer holds the others back. */
  releaseSplit(splitId: string): void
}

export interface SourceReaderContext {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly bounded: boolean
  /** Aborted when the attempt ends. */
  readonly signal: AbortSignal
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  now(): number
}

/** `more`: call again at once. `pending`: wait for `available()`. `end`: every split held so far is exhausted. */
export type PollResult = 'more' | 'pending' | 'end'

/**
 * Reads the splits of one subtask. All methods are called from the task, never concurrently; `poll` is synchronous.
 * After `end` the runtime asks the enumerator for another split, or finishes the task when none will follow.
 */
export interface SourceReader<out T, S extends SourceSplit = SourceSplit> {
  /** Called once before anything else. */
  start?(): void | Promise<void>
  /** Emits at most about `maxRecords` records that are ready now. Must not block and returns no promise. */
  poll(output: ReaderOutput<T>, maxRecords: number): PollResult
  /** Awaited only after `pending`. Resolves when `poll` may have something; a rejection fails the task. */
  available(signal: AbortSignal): Promise<void>
  addSplits(splits: readonly S[]): void
  /** All splits held and not exhausted, each with the position after the last record that `poll` emitted. */
  snapshotSplits(checkpointId: number): readonly S[]
  /**
   * From now on `poll` emits nothing of the splits in `pause`, which are ahead of their alignment group, and again of those
   * in `resume`; `available` waits for the others only. Positions and connections stay. Absent: the reader is paused as a
   * whole, by not being polled, once its slowest split is ahead (FLIP-217).
   */
  pauseOrResumeSplits?(pause: readonly string[], resume: readonly string[]): void
  /**
   * True while what is read from does not answer and is tried again: nobody knows whether there is something to read, so idle
   * clocks stand still. Absent: never.
   */
  isUnreachable?(): boolean
  /** The job is being stopped with a savepoint, or the enumerator has no more splits. */
  notifyNoMoreSplits?(): void
  notifyCheckpointComplete?(checkpointId: number): void | Promise<void>
  notifyCheckpointAborted?(checkpointId: number): void
  close?(): void | Promise<void>
}
