import { MillraceError } from '../../errors.ts'
import type { Logger } from '../../spi/logger.ts'
import type { SerializedSplit } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'
import type { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import type { ExecutorPool } from './executor-pool.ts'
import type { FailurePolicy } from './failure-policy.ts'
import type { PlacedTask, Region } from './region.ts'
import type { RestorePlan } from './restore-plan.ts'
import type { SourceCoordinator } from './source-coordinator.ts'

export interface RegionFailoverOptions {
  readonly regions: readonly Region[]
  readonly pool: ExecutorPool
  readonly failures: FailurePolicy
  readonly clock: Clock
  readonly logger: Logger
  /** Of an attempt that runs with checkpoints. */
  readonly checkpoints: () => CheckpointCoordinator | undefined
  readonly sourceOf: (task: PlacedTask) => SourceCoordinator | undefined
  /** Where a region goes on: the newest checkpoint. */
  readonly findRestore: () => Promise<RestorePlan | undefined>
  readonly close: (region: Region) => void
  readonly deploy: (region: Region, restore: RestorePlan | undefined) => void
  readonly onFailed: (error: MillraceError) => void
  /** All regions run again. */
  readonly onRestarted: () => void
  /** The attempt cannot go on. */
  readonly giveUp: (error: MillraceError) => void
}

/** Restarts one region from the newest checkpoint while the others go on; checkpoints wait until all of them run. */
export class RegionFailover {
  readonly #options: RegionFailoverOptions
  readonly #cancelDelays: Set<() => void> = new Set()
  #stopped = false

  constructor(options: RegionFailoverOptions) {
    this.#options = options
  }

  /**
   * One failure, of all regions that an executor was lost with or of one. Further failures of a region that is being closed
   * already are consequences of the first.
   */
  failed(regions: readonly Region[], error: MillraceError): void {
    const affected = regions.filter(({ phase }) => phase !== 'restarting')
    if (this.#stopped || affected.length === 0) return
    const { failures, onFailed, giveUp, logger, clock } = this.#options
    const ran = affected.every(({ phase }) => phase === 'running')
    const decision = failures.decide(error, ran)
    for (const region of affected) {
      region.phase = 'restarting'
      region.failedMs = clock.now()
    }
    if ('giveUp' in decision) return giveUp(decision.giveUp)
    const { restartInMs } = decision
    logger.warn({ regions: affected.length, delayMs: restartInMs, code: error.code, ...error.at }, `a region failed and restarts: ${error.message}`)
    onFailed(error)
    for (const region of affected) void this.#restart(region, error, restartInMs)
  }

  /** All tasks of a restarted region are restored and open: sources get their splits, and what waited for it goes on. */
  restarted(region: Region): void {
    const { regions, sourceOf, checkpoints, onRestarted, clock, logger } = this.#options
    region.phase = 'running'
    for (const task of region.tasks) sourceOf(task)?.readerRestarted(task.subtask, region.initialized.get(task.taskId) as readonly SerializedSplit[])
    logger.info({ durationMs: clock.now() - region.failedMs }, 'a region runs again')
    if (regions.some(({ phase }) => phase !== 'running')) return
    checkpoints()?.resume()
    onRestarted()
  }

  /** The attempt has ended: nothing is restarted any more. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#cancelDelays) cancel()
  }

  async #restart(region: Region, error: MillraceError, delayMs: number): Promise<void> {
    const { sourceOf, checkpoints, close, pool, findRestore, deploy } = this.#options
    for (const task of region.tasks) sourceOf(task)?.readerFailed(task.subtask)
    const stored = checkpoints()?.pause(error)
    close(region)
    try {
      await Promise.all([region.allClosed(), stored])
      await this.#delay(delayMs)
      if (!this.#stopped) await pool.start()
      const restore = this.#stopped ? undefined : await findRestore()
      if (!this.#stopped) deploy(region, restore)
    } catch (failure) {
      region.phase = 'deployed'
      this.failed([region], MillraceError.wrap(failure, 'CORE_START_FAILED', 'A region could not be restarted', { origin: 'engine' }))
    }
  }

  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(this.#stopped ? 0 : delayMs, () => end())
      const end = (): void => {
        cancel()
        this.#cancelDelays.delete(end)
        resolve()
      }
      this.#cancelDelays.add(end)
    })
  }
}
