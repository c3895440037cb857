import type { CachedFile } from '../../functions/cached-file.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { Logger } from '../../spi/logger.ts'
import type { Counter, MetricGroup } from '../../spi/metric-group.ts'
import type { OperatorStateStore } from '../state/operator-state-store.ts'

export { MAX_WATERMARK, MIN_WATERMARK } from '../time/timestamps.ts'

/** Where an operator's results go. Linked once by the chain: calls go straight to the next operator or record writer. */
export interface OperatorOutput {
  collect(value: unknown, timestamp: number): void
  collectSide(tag: string, value: unknown, timestamp: number): void
  /** True if somebody reads this side output. */
  hasSide(tag: string): boolean
  emitWatermark(timestamp: number): void
  emitStatus(idle: boolean): void
  /** False: buffers downstream are full. Asked between slices of long work (window firing), not per record. */
  isAvailable(): boolean
}

/** What a task, or a test harness, offers an operator. One per operator, subtask and attempt. */
export interface OperatorContext {
  readonly jobName: string
  readonly uid: string
  readonly name: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly maxParallelism: number
  readonly keyGroupRange: KeyGroupRange
  /** True when there is a checkpoint to start from, even if it holds nothing for this operator. */
  readonly restored: boolean
  /** Restored checkpoint id + 1, or 1. */
  readonly firstCheckpointId: number
  /** False: no checkpoint will ever complete, so that sinks commit when their input ends. */
  readonly checkpointingEnabled: boolean
  /** Undefined: checkpoints are only taken when asked for. */
  readonly checkpointIntervalMs?: number
  /** Aborted when the attempt ends. */
  readonly signal: AbortSignal
  readonly output: OperatorOutput
  /** Present for operators with keyed inputs. Already restored. */
  readonly keyedState?: KeyedStateBackend
  /** Already restored. */
  readonly operatorState: OperatorStateStore
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  /** Throws CORE_NO_CACHED_FILE. */
  cachedFile(name: string): CachedFile
  /** Counted by whoever hands records to the operator; error ratios are taken from it. */
  readonly numRecordsIn: Counter
  readonly numRecordsOut: Counter
  /** Processing time in epoch ms. */
  now(): number
  /** Rows or timers between two looks at the output during long work. Default 256; tests make it 1. */
  readonly workSlice?: number
  /**
   * Resolves after `delayMs` of processing time, or at once when the attempt ends. For waits during which the task handles
   * nothing else anyway, such as before trying a commit again.
   */
  sleep(delayMs: number): Promise<void>
  /** Asks for `onProcessingTime` at or after `timestamp`. Only the earliest pending request of an operator counts. */
  scheduleProcessingTime(timestamp: number): void
  /** Called by an operator that stopped in the middle (output full): the task calls `resume` before any further input. */
  suspend(): void
  /** Hands a promise to the task (async commit, async I/O): no message but timers until it settles; its rejection fails the task. */
  await(work: Promise<void>): void
  /** Runs `action` as a message of the task later. Callable from outside a message (resolved promises). */
  enqueue(action: () => void): void
}

/**
 * The logic of one operator in one subtask: a machine driven by messages, always one at a time.
 * Promises returned are awaited by the task before the next message; per-record methods return nothing.
 *
 * Order of calls: open → (elements, watermarks, statuses, timers, snapshots)* → endInput… → finish → close.
 */
export interface StreamOperator {
  open?(): void | Promise<void>
  processElement(value: unknown, timestamp: number): void
  /** For the second input. */
  processElement2?(value: unknown, timestamp: number): void
  /** The combined watermark of all inputs. The operator does what is due and then forwards it. */
  processWatermark(timestamp: number): void
  /** All inputs idle, or active again. Forwards it. */
  processStatus(idle: boolean): void
  /** Goes on with what `suspend` interrupted; suspends again if it must. */
  resume?(): void
  /** What was scheduled is over: every timestamp ≤ `now` has passed. */
  onProcessingTime?(now: number): void
  /** Asked after every batch of input: a promise stops input until it resolves. */
  ready?(): Promise<void> | undefined
  /** One input has ended; its last watermark has been processed. */
  endInput?(input: 0 | 1): void
  /** All inputs have ended and MAX_WATERMARK was processed: emit what is left. Not called when stopping without drain. */
  finish?(): void | Promise<void>
  /** A barrier arrived, before it is forwarded: flush what must not cross it (combiner rows, sink buffers). */
  prepareSnapshot?(checkpointId: number): void | Promise<void>
  /** Writes into `operatorState`. Keyed state is snapshot by the task. Afterwards the task takes the copies. */
  snapshot?(checkpointId: number): void | Promise<void>
  notifyCheckpointComplete?(checkpointId: number): void | Promise<void>
  notifyCheckpointAborted?(checkpointId: number): void
  /** Always called, also after failure (`failed`). */
  close?(failed: boolean): void | Promise<void>
}
