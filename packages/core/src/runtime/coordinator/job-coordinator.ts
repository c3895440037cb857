import { MillraceError } from '../../errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { SlotPlan } from '../../graph/slots.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import { decodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { discardUnneededState } from '../checkpoint/discard-unneeded.ts'
import type { Clock } from '../time/clock.ts'
import type { CheckpointSettings } from './checkpoint-coordinator.ts'
import { CheckpointStatistics } from './checkpoint-statistics.ts'
import type { ExecutorEvents, ExecutorPool } from './executor-pool.ts'
import { FailurePolicy } from './failure-policy.ts'
import { type AttemptOutcome, JobAttempt } from './job-attempt.ts'
import type { RestartPolicy } from './restart-backoff.ts'
import { createRestorePlan, type RestorePlan } from './restore-plan.ts'

export interface JobCoordinatorOptions {
  readonly graph: JobGraph
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: MetricGroup
  readonly fileSystems: FileSystems
  /** Undefined: the job runs without checkpoints. */
  readonly checkpoints: { readonly settings: CheckpointSettings; readonly store: CheckpointStore } | undefined
  /** What `from` is read through by a job that takes no checkpoints itself. */
  readonly restoreStore?: CheckpointStore | undefined
  readonly restart: RestartPolicy
  /** `latest`, a pointer, or undefined for a fresh start. */
  readonly from: string | undefined
  readonly allowDroppedState: readonly string[]
  /** Which executor hosts which subtask. */
  readonly slots: SlotPlan
  /** Called once; the pool serves all attempts. */
  readonly createExecutors: (events: ExecutorEvents) => ExecutorPool
}

export type CoordinatorState = 'created' | 'restoring' | 'running' | 'restarting' | 'stopping' | 'finished' | 'canceled' | 'stopped' | 'failed'

export interface JobOutcome {
  readonly state: 'finished' | 'canceled' | 'stopped'
  readonly savepoint: string | undefined
}

/** Runs a job to its end: one attempt after another, each from the latest complete checkpoint. */
export class JobCoordinator {
  readonly statistics: CheckpointStatistics = new CheckpointStatistics()
  state: CoordinatorState = 'created'
  numRestarts = 0
  /** The failure being recovered from, or the one that ended the job. */
  failure: MillraceError | undefined
  readonly #options: JobCoordinatorOptions
  readonly #failures: FailurePolicy
  readonly #pool: ExecutorPool
  #attempt: JobAttempt | undefined
  #deployments = 0
  #canceled = false
  #fatal: MillraceError | undefined
  #cancelDelay: (() => void) | undefined
  /** Since when the job, or a region of it, is being restarted. */
  #failedMs: number | undefined
  #lastRestartMs = 0
  #stop: { readonly savepoint: string | undefined; readonly drain: boolean } | undefined

  constructor(options: JobCoordinatorOptions) {
    this.#options = options
    this.#failures = new FailurePolicy({ ...options, statistics: this.statistics })
    this.#pool = options.createExecutors({
      received: (_executor, message) => this.#attempt?.received(message),
      lost: (executor, error) => this.#attempt?.executorLost(executor, error),
    })
    this.statistics.register(options.metrics)
    options.metrics.gauge('numRestarts', () => this.numRestarts)
    options.metrics.gauge('restartingTime', () => (this.#failedMs === undefined ? this.#lastRestartMs : options.clock.now() - this.#failedMs))
  }

  /** Rejects with the MillraceError that failed the job. */
  async run(): Promise<JobOutcome> {
    try {
      const outcome = await this.#runAttempts()
      // a job that was to stop while it waited for a restart is to go on one day
      if (outcome.state === 'canceled' && this.#stop === undefined) await this.#discardCheckpoints()
      return outcome
    } finally {
      await this.#pool.close()
    }
  }

  async #runAttempts(): Promise<JobOutcome> {
    for (let restart = false; ; restart = true) {
      const outcome = await this.#runAttempt(restart)
      if (this.#fatal !== undefined) {
        this.state = 'failed'
        this.failure = this.#fatal
        throw this.#fatal
      }
      if (outcome.kind !== 'failed') {
        this.state = outcome.kind
        this.failure = undefined
        return { state: outcome.kind, savepoint: outcome.kind === 'stopped' ? outcome.savepoint : undefined }
      }
      this.failure = outcome.error
      this.#failedMs ??= outcome.failedMs
      if (this.#canceled) return this.#ended('canceled')
      const decision = outcome.final || this.#stop !== undefined ? { giveUp: outcome.error } : this.#failures.decide(outcome.error, outcome.ran)
      if ('giveUp' in decision) {
        this.state = 'failed'
        throw decision.giveUp
      }
      this.state = 'restarting'
      this.#options.logger.warn({ delayMs: decision.restartInMs, code: outcome.error.code, ...outcome.error.at }, `job failed and restarts: ${outcome.error.message}`)
      await this.#delay(decision.restartInMs)
      if (this.#canceled) return this.#ended('canceled')
      this.numRestarts++
    }
  }

  savepoint(directory: string): Promise<string> {
    return this.#runningAttempt().savepoint(directory)
  }

  /** The promise of `run` settles when the job has stopped. */
  stop(savepoint: string | undefined, drain: boolean): void {
    this.#stop = { savepoint, drain }
    if (this.state === 'restarting') {
      this.cancel()
      return
    }
    // An attempt that is still being restored stops as soon as it runs.
    this.state = 'stopping'
    this.#attempt?.stop(savepoint, drain)
  }

  /** Something outside the tasks failed (the lease was lost): the job ends, without a restart. */
  fail(error: unknown): void {
    this.#options.logger.error({ error: String(error) }, 'the job has to end')
    this.#fatal = MillraceError.wrap(error, 'CORE_JOB_FAILED', 'The job failed', { origin: 'engine' })
    this.cancel()
  }

  cancel(): void {
    this.#canceled = true
    this.#cancelDelay?.()
    this.#attempt?.cancel()
  }

  async #runAttempt(restart: boolean): Promise<AttemptOutcome> {
    this.state = 'restoring'
    try {
      const restore = await this.#findRestore(restart)
      if (this.#canceled) return { kind: 'canceled' }
      this.#attempt = new JobAttempt({
        ...this.#options,
        pool: this.#pool,
        failures: this.#failures,
        statistics: this.statistics,
        restore,
        nextAttempt: () => ++this.#deployments,
        findRestore: () => this.#findRestore(true),
        onRegionFailed: (error) => {
          this.failure = error
          this.#failedMs ??= this.#options.clock.now()
          this.numRestarts++
        },
        onRegionsRestarted: () => {
          this.failure = undefined
          this.#restarted()
        },
        onRunning: () => {
          if (this.#failedMs !== undefined) this.#options.logger.info({ durationMs: this.#restarted() }, 'the job runs again')
          if (this.state === 'restoring') this.state = 'running'
          if (this.#stop !== undefined) this.#attempt?.stop(this.#stop.savepoint, this.#stop.drain)
        },
      })
      return await this.#attempt.run()
    } catch (error) {
      return { kind: 'failed', ran: false, final: false, failedMs: this.#options.clock.now(), error: MillraceError.wrap(error, 'CORE_START_FAILED', 'The job could not be started', { origin: 'engine' }) }
    } finally {
      this.#attempt = undefined
    }
  }

  /** How long it took, from when the failure was noticed, in milliseconds. */
  #restarted(): number {
    this.#lastRestartMs = this.#failedMs === undefined ? 0 : this.#options.clock.now() - this.#failedMs
    this.#failedMs = undefined
    return this.#lastRestartMs
  }

  /** A restart goes on from the newest checkpoint of this run; only when there is none, from where the run itself began. */
  async #findRestore(restart: boolean): Promise<RestorePlan | undefined> {
    const { checkpoints, restoreStore, from, graph, allowDroppedState, logger } = this.#options
    const store = checkpoints?.store ?? restoreStore
    if (store === undefined) {
      if (from === undefined) return undefined
      throw new MillraceError('CKPT_NO_STORAGE', `--from ${from} needs a checkpoint storage to read from; give --checkpoint-dir or checkpoints.storage`, { origin: 'user' })
    }
    let pointer = restart ? this.statistics.recoveryPointer : undefined
    if (pointer === undefined && from === 'latest') pointer = (await store.list())[0]?.pointer
    else if (pointer === undefined) pointer = from
    if (pointer === undefined) {
      if (from === 'latest') logger.info({ job: graph.jobName }, 'no checkpoint found, starting fresh')
      return undefined
    }
    const metadata = decodeCheckpointMetadata(await store.readMetadata(pointer), pointer)
    logger.info({ job: graph.jobName, checkpoint: pointer }, 'restoring')
    const plan = createRestorePlan(graph, metadata, pointer, allowDroppedState)
    if (!restart && plan.dropped.length > 0) logger.warn({ job: graph.jobName, checkpoint: pointer, uids: plan.dropped }, 'state of operators that the job no longer has is dropped')
    if (!restart && plan.finished) logger.warn({ job: graph.jobName, checkpoint: pointer }, 'the checkpoint was taken when the job had ended: what it had read is not read again')
    return plan
  }

  /** As far as the settings say: after a failure and after a stop they are always kept. */
  async #discardCheckpoints(): Promise<void> {
    const { checkpoints, logger } = this.#options
    if (checkpoints === undefined || checkpoints.settings.retainOnCancel) return
    try {
      for (const { checkpointId, savepoint } of await checkpoints.store.list()) if (!savepoint) await checkpoints.store.discard(checkpointId)
      await discardUnneededState(checkpoints.store, Number.POSITIVE_INFINITY, logger)
    } catch (error) {
      logger.warn({ error: String(error) }, 'removing the checkpoints of a canceled job failed')
    }
  }

  #runningAttempt(): JobAttempt {
    if (this.#attempt !== undefined) return this.#attempt
    throw new MillraceError('CORE_NOT_RUNNING', `The job is ${this.state}; try again when it is running`, { origin: 'external', retryable: true })
  }

  #ended(state: 'canceled'): JobOutcome {
    this.state = state
    return { state, savepoint: undefined }
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(delayMs, resolve)
      this.#cancelDelay = () => {
        cancel()
        resolve()
      }
    })
  }
}
