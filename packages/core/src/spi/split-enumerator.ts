import type { FileSystems } from './file-systems.ts'
import type { Logger } from './logger.ts'
import type { MetricGroup } from './metric-group.ts'
import type { SourceSplit } from './source.ts'

/** What the coordinator offers an enumerator. All calls are made on the coordinator's thread. */
export interface SplitEnumeratorContext<S extends SourceSplit = SourceSplit> {
  readonly parallelism: number
  /** Aborted when the attempt ends; discovery must stop. */
  readonly signal: AbortSignal
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  /** Current processing time in epoch ms. */
  now(): number
  assignSplits(subtask: number, splits: readonly S[]): void
  /** No split will follow for this subtask: its reader ends once it has read what it holds. */
  signalNoMoreSplits(subtask: number): void
  /** Runs `action` every `periodMs` until the attempt ends; a rejection fails the job unless retryable. Never overlaps itself. */
  every(periodMs: number, action: () => void | Promise<void>): void
}

/**
 * Discovers splits and hands them out. One per source and attempt, on the coordinator.
 * Splits assigned after the last completed checkpoint come back through `addSplitsBack` when the attempt did not survive;
 * in a whole-job restart they come back because `snapshotState` still contained them.
 */
export interface SplitEnumerator<S extends SourceSplit = SourceSplit, E = unknown> {
  /** Called once, before any reader is registered. */
  start(): void | Promise<void>
  /** A reader has nothing left to read. Assign to it now or later, or signal the end. A subtask asks again only after an assignment. */
  handleSplitRequest(subtask: number): void
  /** A reader started; `restored` are the splits it holds from a checkpoint. For sources that assign without being asked. */
  addReader?(subtask: number, restored: readonly S[]): void
  addSplitsBack(splits: readonly S[], subtask: number): void
  /** What is not yet assigned, and what discovery must remember. Called when the checkpoint is triggered, before readers see it. */
  snapshotState(checkpointId: number): E
  notifyCheckpointComplete?(checkpointId: number): void
  close?(): void | Promise<void>
}
