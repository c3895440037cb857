import { MillraceError } from '../../errors.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import type { Source, SourceSplit } from '../../spi/source.ts'
import type { SplitEnumerator } from '../../spi/split-enumerator.ts'
import { jsonSerializer } from '../checkpoint/json-serializer.ts'
import type { SerializedSplit, TaskId, ToExecutor } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'
import { SplitAssignments } from './split-assignments.ts'

type SplitMessage = Extract<ToExecutor, { readonly kind: 'addSplits' | 'noMoreSplits' }>

export interface SourceCoordinatorOptions {
  readonly source: Source<unknown>
  readonly uid: string
  /** By subtask. */
  readonly taskIds: readonly TaskId[]
  /** Readers may be restarted one by one. */
  readonly failsOver: boolean
  readonly clock: Clock
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricGroup
  readonly send: (message: SplitMessage) => void
  readonly fail: (error: unknown) => void
}

/** Runs the split enumerator of one source for one attempt. Its messages and snapshots are ordered by being synchronous. */
export class SourceCoordinator {
  readonly uid: string
  readonly #options: SourceCoordinatorOptions
  readonly #splits: SimpleVersionedSerializer<SourceSplit>
  readonly #states: SimpleVersionedSerializer<unknown>
  readonly #abort = new AbortController()
  readonly #enumerator: SplitEnumerator
  readonly #timers: Set<() => void> = new Set()
  readonly #assignments: SplitAssignments | undefined
  /** Subtasks between their failure and their restart. */
  readonly #down: Set<number> = new Set()

  constructor(options: SourceCoordinatorOptions, restored: { readonly version: number; readonly bytes: Uint8Array } | undefined) {
    this.uid = options.uid
    this.#options = options
    const { source, taskIds, clock } = options
    this.#assignments = options.failsOver ? new SplitAssignments() : undefined
    this.#splits = source.splitSerializer ?? jsonSerializer<SourceSplit>()
    this.#states = source.enumeratorStateSerializer ?? jsonSerializer<unknown>()
    const state = restored === undefined ? undefined : this.#states.deserialize(restored.version, restored.bytes)
    this.#enumerator = source.createEnumerator(
      {
        parallelism: taskIds.length,
        signal: this.#abort.signal,
        fileSystems: options.fileSystems,
        logger: options.logger,
        metrics: options.metrics,
        now: () => clock.now(),
        assignSplits: (subtask, splits) => this.#assign(subtask, splits),
        signalNoMoreSplits: (subtask) => this.#sendTo(subtask, { kind: 'noMoreSplits', taskId: this.#taskId(subtask) }),
        every: (periodMs, action) => this.#every(periodMs, action),
      },
      state,
    )
  }

  async start(): Promise<void> {
    await this.#enumerator.start()
  }

  /** The reader of `subtask` is about to run, holding `splits` from the checkpoint. */
  addReader(subtask: number, splits: readonly SerializedSplit[]): void {
    this.#enumerator.addReader?.(
      subtask,
      splits.map(({ version, bytes }) => this.#splits.deserialize(version, bytes)),
    )
  }

  /** The task of `subtask` has failed: what is assigned to it from now on waits for its restart. */
  readerFailed(subtask: number): void {
    this.#down.add(subtask)
  }

  /** As `addReader`, for a reader that was restored alone: first everything comes back that its checkpoint knows nothing of. */
  readerRestarted(subtask: number, splits: readonly SerializedSplit[]): void {
    const lost = this.#assignments?.takeBack(subtask) ?? []
    this.#down.delete(subtask)
    if (lost.length > 0) this.#enumerator.addSplitsBack(lost, subtask)
    this.addReader(subtask, splits)
  }

  handleSplitRequest(taskId: TaskId): void {
    const subtask = this.#options.taskIds.indexOf(taskId)
    if (!this.#down.has(subtask)) this.#guard(() => this.#enumerator.handleSplitRequest(subtask))
  }

  snapshot(checkpointId: number): { readonly version: number; readonly bytes: Uint8Array } {
    const state = { version: this.#states.version, bytes: this.#states.serialize(this.#enumerator.snapshotState(checkpointId)) }
    this.#assignments?.checkpointTriggered(checkpointId)
    return state
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#assignments?.checkpointCompleted(checkpointId)
    this.#guard(() => this.#enumerator.notifyCheckpointComplete?.(checkpointId))
  }

  async close(): Promise<void> {
    this.#abort.abort()
    for (const cancel of this.#timers) cancel()
    await this.#enumerator.close?.()
  }

  #every(periodMs: number, action: () => void | Promise<void>): void {
    const arm = (): void => {
      const cancel = this.#options.clock.schedule(periodMs, () => {
        this.#timers.delete(cancel)
        Promise.resolve()
          .then(action)
          .then(
            () => {
              if (!this.#abort.signal.aborted) arm()
            },
            (error: unknown) => {
              if (this.#abort.signal.aborted) return
              if (!MillraceError.is(error) || !error.retryable) return this.#options.fail(error)
              this.#options.logger.warn({ source: this.uid, code: error.code, error: error.message }, 'discovery failed and will be tried again')
              arm()
            },
          )
      })
      this.#timers.add(cancel)
    }
    arm()
  }

  #assign(subtask: number, splits: readonly SourceSplit[]): void {
    const taskId = this.#taskId(subtask)
    this.#assignments?.add(subtask, splits)
    this.#sendTo(subtask, { kind: 'addSplits', taskId, splits: splits.map((split) => this.#serialize(split)) })
  }

  #sendTo(subtask: number, message: SplitMessage): void {
    if (!this.#down.has(subtask)) this.#options.send(message)
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#options.fail(error)
    }
  }

  #taskId(subtask: number): TaskId {
    const taskId = this.#options.taskIds[subtask]
    if (taskId !== undefined) return taskId
    throw new MillraceError('CORE_UNKNOWN_SUBTASK', `Source "${this.#options.source.name}" assigned a split to subtask ${subtask}; it has ${this.#options.taskIds.length}`, { origin: 'user' })
  }

  #serialize(split: SourceSplit): SerializedSplit {
    return { version: this.#splits.version, bytes: this.#splits.serialize(split) }
  }
}
