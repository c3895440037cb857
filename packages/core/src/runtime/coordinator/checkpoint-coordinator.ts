import { MillraceError } from '../../errors.ts'
import type { CheckpointStore, CompletedCheckpoint } from '../../spi/checkpoint-storage.ts'
import type { Logger } from '../../spi/logger.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import { discardUnneededState } from '../checkpoint/discard-unneeded.ts'
import { type CheckpointMetadata, encodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import type { TaskId, TaskSnapshot } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'
import type { CheckpointStatistics } from './checkpoint-statistics.ts'

export interface CheckpointSettings {
  /** Undefined: only on request. */
  readonly intervalMs: number | undefined
  readonly timeoutMs: number
  readonly minPauseMs: number
  readonly tolerableFailures: number
  readonly aligned: boolean
  readonly retained: number
  readonly retainOnCancel: boolean
  /** Checkpoints hold what changed since the one before. Default: false. */
  readonly incremental?: boolean
}

export interface CheckpointCoordinatorOptions {
  readonly settings: CheckpointSettings
  readonly store: CheckpointStore
  readonly clock: Clock
  readonly logger: Logger
  readonly statistics: CheckpointStatistics
  /** All tasks of the attempt. */
  readonly taskIds: readonly TaskId[]
  /** Snapshots the enumerators and sends the barrier to the source tasks, in one synchronous turn. */
  readonly triggerSources: (barrier: Barrier) => void
  readonly buildMetadata: (barrier: Barrier, snapshots: ReadonlyMap<TaskId, TaskSnapshot>) => CheckpointMetadata
  readonly notifyComplete: (checkpointId: number) => void
  readonly notifyAborted: (checkpointId: number) => void
  /** Too many failures in a row. */
  readonly fail: (error: unknown) => void
  readonly firstCheckpointId: number
}

interface Request {
  readonly savepoint: string | undefined
  readonly terminal: boolean
  readonly final: boolean
  readonly onTriggered: ((checkpointId: number) => void) | undefined
  resolve(completed: CompletedCheckpoint): void
  reject(error: unknown): void
}

interface Pending {
  readonly barrier: Barrier
  readonly request: Request | undefined
  readonly snapshots: Map<TaskId, TaskSnapshot>
  readonly cancelTimeout: () => void
}

/** Triggers checkpoints and savepoints of one attempt, one at a time, collects the tasks' answers, completes or aborts. */
export class CheckpointCoordinator {
  readonly #options: CheckpointCoordinatorOptions
  readonly #queue: Request[] = []
  #pending: Pending | undefined
  #completing = false
  /** Work in the storage that the next attempt must find done: it will use the same checkpoint ids. */
  #storing: Promise<void> = Promise.resolve()
  #nextId: number
  #failuresInARow = 0
  #cancelTimer: (() => void) | undefined
  #stopped = false
  #paused = false
  #abandoned: Barrier | undefined
  /** Ids of failed checkpoints to which a slow task may have written after they were discarded. */
  #discarded: number[] = []
  /** The newest checkpoint that has completed in this attempt. */
  #completed: number | undefined
  /** State that several checkpoints share may be in the storage, of this or of an earlier run. */
  #sharesState = true

  constructor(options: CheckpointCoordinatorOptions) {
    this.#options = options
    this.#nextId = options.firstCheckpointId
  }

  /** Starts the periodic ones. */
  start(): void {
    this.#arm(this.#options.settings.intervalMs)
  }

  /**
   * A checkpoint or savepoint now, after the one in progress. Terminal: sources stop behind its barrier. Final: without it the
   * job does not end, so it may fail as often as a periodic one and is tried again when that would be due.
   */
  request(options: { readonly savepoint?: string; readonly terminal?: boolean; readonly final?: boolean; readonly onTriggered?: (checkpointId: number) => void } = {}): Promise<CompletedCheckpoint> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) {
        reject(new MillraceError('CKPT_NOT_RUNNING', 'The job is not running, so no checkpoint can be taken now; try again when it is', { origin: 'external', retryable: true }))
        return
      }
      this.#queue.push({ savepoint: options.savepoint, terminal: options.terminal ?? false, final: options.final ?? false, onTriggered: options.onTriggered, resolve, reject })
      this.#triggerNext()
    })
  }

  acknowledge(taskId: TaskId, checkpointId: number, snapshot: TaskSnapshot): void {
    const pending = this.#pending
    if (pending === undefined || pending.barrier.checkpointId !== checkpointId || this.#completing) return
    pending.snapshots.set(taskId, snapshot)
    if (pending.snapshots.size < this.#options.taskIds.length) return
    this.#completing = true
    this.#track(this.#complete(pending))
  }

  decline(checkpointId: number, error: unknown): void {
    if (this.#pending?.barrier.checkpointId === checkpointId && !this.#completing) this.#abort(this.#pending, error)
  }

  /** Tasks are missing: the checkpoint in progress is given up and none begins before `resume`. Resolves when nothing is being stored. */
  async pause(reason: unknown): Promise<void> {
    this.#paused = true
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#pending !== undefined && !this.#completing) this.#abort(this.#pending, reason, 'uncounted')
    await this.#storing
  }

  resume(): void {
    this.#paused = false
    // What was restored meanwhile keeps no track of changes since then.
    this.#completed = undefined
    this.#triggerNext()
    if (this.#pending === undefined) this.#arm(this.#options.settings.intervalMs)
  }

  /** The attempt is over: nothing is triggered or completed any more. */
  stop(reason: unknown): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelTimer?.()
    const pending = this.#pending
    if (pending !== undefined) {
      pending.cancelTimeout()
      pending.request?.reject(reason)
      if (!this.#completing) {
        this.#abandoned = pending.barrier
        this.#pending = undefined
      }
    }
    for (const request of this.#queue.splice(0)) request.reject(reason)
  }

  /** After `stop` and the end of all tasks: resolves when nothing is written or removed any more. */
  async settle(): Promise<void> {
    await this.#storing
    if (this.#abandoned !== undefined) await this.#discard(this.#abandoned)
  }

  #track(work: Promise<void>): void {
    this.#storing = Promise.all([this.#storing, work]).then(() => {})
  }

  #arm(delayMs: number | undefined): void {
    if (delayMs === undefined || this.#stopped || this.#paused) return
    this.#cancelTimer?.()
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => {
      this.#cancelTimer = undefined
      if (this.#pending === undefined) this.#trigger(this.#queue.shift())
    })
  }

  #triggerNext(): void {
    if (this.#pending !== undefined || this.#stopped || this.#paused) return
    const request = this.#queue.shift()
    if (request !== undefined) this.#trigger(request)
  }

  #trigger(request: Request | undefined): void {
    const { settings, clock, statistics } = this.#options
    const barrier: Barrier = {
      checkpointId: this.#nextId++,
      timestampMs: clock.now(),
      savepoint: request?.savepoint,
      terminal: request?.terminal ?? false,
      aligned: settings.aligned || request?.savepoint !== undefined,
      ...(settings.incremental === true && request?.savepoint === undefined ? { incremental: { since: this.#completed } } : {}),
    }
    const cancelTimeout = clock.schedule(settings.timeoutMs, () => {
      if (this.#pending?.barrier !== barrier || this.#completing) return
      const missing = this.#options.taskIds.filter((taskId) => this.#pending?.snapshots.has(taskId) === false)
      this.#abort(
        this.#pending,
        new MillraceError('CKPT_TIMEOUT', `Checkpoint ${barrier.checkpointId} did not complete within ${settings.timeoutMs} ms; no answer from ${missing.join(', ')}. Look for a slow sink or operator there, or raise checkpoints.timeout`, {
          origin: 'external',
          retryable: true,
        }),
      )
    })
    this.#pending = { barrier, request, snapshots: new Map(), cancelTimeout }
    statistics.started()
    request?.onTriggered?.(barrier.checkpointId)
    try {
      this.#options.triggerSources(barrier)
    } catch (error) {
      this.#abort(this.#pending, error)
    }
  }

  async #complete(pending: Pending): Promise<void> {
    const { barrier, request } = pending
    const { store, statistics, clock, logger } = this.#options
    try {
      const metadata = this.#options.buildMetadata(barrier, pending.snapshots)
      const completed = await store.complete(barrier.checkpointId, encodeCheckpointMetadata(metadata), barrier.savepoint)
      pending.cancelTimeout()
      const sizeBytes = [...pending.snapshots.values()].reduce((sum, snapshot) => sum + snapshot.sizeBytes, 0)
      statistics.completed(barrier, completed, sizeBytes, clock.now())
      this.#failuresInARow = 0
      if (barrier.savepoint === undefined) this.#completed = barrier.checkpointId
      this.#pending = undefined
      this.#completing = false
      // A savepoint on the way belongs to the user: it neither commits output nor serves recovery (FLIP-203's reasoning).
      if (!this.#stopped && (barrier.savepoint === undefined || barrier.terminal)) this.#options.notifyComplete(barrier.checkpointId)
      request?.resolve(completed)
      if (barrier.savepoint === undefined) await this.#discardOld(barrier.checkpointId)
    } catch (error) {
      this.#completing = false
      if (this.#pending === pending) this.#abort(pending, error)
      else logger.warn({ checkpointId: barrier.checkpointId, error: String(error) }, 'removing an old checkpoint failed')
    }
    this.#afterCheckpoint(barrier)
  }

  /** `uncounted`: it failed with a task, which has its own limit. */
  #abort(pending: Pending, error: unknown, counting: 'counted' | 'uncounted' = 'counted'): void {
    const { settings, statistics, logger, notifyAborted, fail } = this.#options
    const { checkpointId } = pending.barrier
    pending.cancelTimeout()
    this.#pending = undefined
    this.#completing = false
    statistics.failed()
    logger.warn({ checkpointId, error: MillraceError.is(error) ? `${error.code}: ${error.message}` : String(error) }, 'checkpoint failed')
    notifyAborted(checkpointId)
    if (pending.barrier.savepoint === undefined) this.#discarded.push(checkpointId)
    this.#track(this.#discard(pending.barrier))
    const { barrier, request } = pending
    const retried = request?.final === true && !this.#stopped
    if (!retried) request?.reject(error)
    const fenced = MillraceError.is(error) && error.code === 'CKPT_FENCED'
    if (fenced || (counting === 'counted' && (request === undefined || retried) && ++this.#failuresInARow > settings.tolerableFailures)) {
      request?.reject(error)
      fail(error)
      return
    }
    if (retried) {
      this.#queue.unshift(request)
      this.#arm(this.#pauseAfter(barrier, settings.intervalMs ?? 0))
    } else this.#afterCheckpoint(barrier)
  }

  #afterCheckpoint(barrier: Barrier): void {
    if (this.#stopped || this.#paused || this.#pending !== undefined) return
    this.#triggerNext()
    if (this.#pending !== undefined) return
    const { intervalMs } = this.#options.settings
    if (intervalMs !== undefined) this.#arm(this.#pauseAfter(barrier, intervalMs))
  }

  #pauseAfter({ timestampMs }: Barrier, intervalMs: number): number {
    return Math.max(this.#options.settings.minPauseMs, timestampMs + intervalMs - this.#options.clock.now(), 0)
  }

  async #discard({ checkpointId, savepoint }: Barrier): Promise<void> {
    if (savepoint !== undefined) return
    try {
      const { store, settings, logger } = this.#options
      await store.discard(checkpointId)
      if (settings.incremental === true) await discardUnneededState(store, checkpointId, logger)
    } catch (error) {
      this.#options.logger.warn({ checkpointId, error: String(error) }, 'removing a failed checkpoint failed')
    }
  }

  /** After a completed checkpoint: every task has answered it, so that none writes to an earlier one any more. */
  async #discardOld(newest: number): Promise<void> {
    const { store, settings, logger } = this.#options
    const completed = (await store.list()).filter(({ savepoint }) => !savepoint)
    // a completed one of the same id is that of an earlier run
    const leftOver = this.#discarded.splice(0).filter((id) => !completed.some(({ checkpointId }) => checkpointId === id))
    for (const id of leftOver) await store.discard(id)
    for (const { checkpointId } of completed.slice(settings.retained)) await store.discard(checkpointId)
    if (this.#sharesState) await discardUnneededState(store, newest, logger)
    this.#sharesState = settings.incremental === true
  }
}
