import { MillraceError } from '../../errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import { decodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { discardUnneededState } from '../checkpoint/discard-unneeded.ts'
import type { FromExecutor, ToExecutor } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'
import type { CheckpointSettings } from './checkpoint-coordinator.ts'
import { CheckpointStatistics } from './checkpoint-statistics.ts'
import { type AttemptOutcome, JobAttempt } from './job-attempt.ts'
import { createRestartBackoff, type RestartPolicy } from './restart-backoff.ts'
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
  readonly restart: RestartPolicy
  /** `latest`, a pointer, or undefined for a fresh start. */
  readonly from: string | undefined
  readonly allowDroppedState: readonly string[]
  /** Starts an executor for one attempt and returns how to reach it. */
  readonly createExecutor: (attempt: number, send: (message: FromExecutor) => void) => (message: ToExecutor) => void
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
  #attempt: JobAttempt | undefined
  #canceled = false
  #fatal: MillraceError | undefined
  #cancelDelay: (() => void) | undefined
  #stop: { readonly savepoint: string | undefined; readonly drain: boolean } | undefined

  constructor(options: JobCoordinatorOptions) {
    this.#options = options
    this.statistics.register(options.metrics)
    options.metrics.gauge('numRestarts', () => this.numRestarts)
  }

  /** Rejects with the MillraceError that failed the job. */
  async run(): Promise<JobOutcome> {
    const outcome = await this.#runAttempts()
    // a job that was to stop while it waited for a restart is to go on one day
    if (outcome.state === 'canceled' && this.#stop === undefined) await this.#discardCheckpoints()
    return outcome
  }

  async #runAttempts(): Promise<JobOutcome> {
    const backoff = createRestartBackoff(this.#options.restart, this.#options.random)
    let previous: string | undefined
    let completedBefore = 0
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#runAttempt(attempt)
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
      if (this.#canceled) return this.#ended('canceled')
      const progress = this.statistics.numberOfCompleted > completedBefore
      completedBefore = this.statistics.numberOfCompleted
      const signature = signatureOf(outcome.error)
      const repeated = signature === previous && !progress
      previous = signature
      const hopeless = !outcome.error.retryable && (repeated || !outcome.ran)
      const delayMs = hopeless || this.#stop !== undefined ? undefined : backoff.next(this.#options.clock.now())
      if (delayMs === undefined) {
        this.state = 'failed'
        throw repeated && this.#options.restart.kind !== 'none' ? repeatedFailure(outcome.error) : outcome.error
      }
      this.state = 'restarting'
      this.#options.logger.warn({ attempt, delayMs, code: outcome.error.code, ...outcome.error.at }, `job failed and restarts: ${outcome.error.message}`)
      await this.#delay(delayMs)
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

  async #runAttempt(attempt: number): Promise<AttemptOutcome> {
    this.state = 'restoring'
    try {
      const restore = await this.#findRestore(attempt)
      if (this.#canceled) return { kind: 'canceled' }
      this.#attempt = new JobAttempt({
        ...this.#options,
        attempt,
        restore,
        statistics: this.statistics,
        onRunning: () => {
          if (this.state === 'restoring') this.state = 'running'
          if (this.#stop !== undefined) this.#attempt?.stop(this.#stop.savepoint, this.#stop.drain)
        },
      })
      return await this.#attempt.run()
    } catch (error) {
      return { kind: 'failed', ran: false, error: MillraceError.wrap(error, 'CORE_START_FAILED', 'The job could not be started', { origin: 'engine' }) }
    } finally {
      this.#attempt = undefined
    }
  }

  /** A restart goes on from the newest checkpoint of this run; only when there is none, from where the run itself began. */
  async #findRestore(attempt: number): Promise<RestorePlan | undefined> {
    const { checkpoints, from, graph, allowDroppedState, logger } = this.#options
    if (checkpoints === undefined) {
      if (from === undefined) return undefined
      throw new MillraceError('CKPT_NO_STORAGE', `--from ${from} needs a checkpoint storage to read from; give --checkpoint-dir or checkpoints.storage`, { origin: 'user' })
    }
    const { store } = checkpoints
    let pointer = attempt > 1 ? this.statistics.recoveryPointer : undefined
    if (pointer === undefined && from === 'latest') pointer = (await store.list())[0]?.pointer
    else if (pointer === undefined) pointer = from
    if (pointer === undefined) {
      if (from === 'latest') logger.info({ job: graph.jobName }, 'no checkpoint found, starting fresh')
      return undefined
    }
    const metadata = decodeCheckpointMetadata(await store.readMetadata(pointer), pointer)
    logger.info({ job: graph.jobName, checkpoint: pointer }, 'restoring')
    return createRestorePlan(graph, metadata, pointer, allowDroppedState)
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

function signatureOf(error: MillraceError): string {
  const { operator, uid, record, key, file, offset } = error.at
  return JSON.stringify([error.code, operator, uid, record, key, file, offset])
}

function repeatedFailure(error: MillraceError): MillraceError {
  const repeated = new MillraceError(error.code, `${error.message}. It failed in the same way again after a restart, so the job stops; fix the cause and resume from the last checkpoint`, {
    origin: error.origin,
    at: error.at,
    cause: error.cause ?? error,
  })
  return repeated
}
