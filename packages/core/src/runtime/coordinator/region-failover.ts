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

  /** Further failures of a region that is being closed already are consequences of the first. */
  failed(region: Region, error: MillraceError): void {
    if (this.#stopped || region.phase === 'restarting') return
    const decision = this.#options.failures.decide(error, region.phase === 'running')
    region.phase = 'restarting'
    if ('giveUp' in decision) this.#options.giveUp(decision.giveUp)
    else void this.#restart(region, error, decision.restartInMs)
  }

  /** All tasks of a restarted region are restored and open: sources get their splits, and what waited for it goes on. */
  restarted(region: Region): void {
    const { regions, sourceOf, checkpoints, onRestarted } = this.#options
    region.phase = 'running'
    for (const task of region.tasks) sourceOf(task)?.readerRestarted(task.subtask, region.initialized.get(task.taskId) as readonly SerializedSplit[])
    if (regions.every(({ phase }) => phase === 'running')) checkpoints()?.resume()
    onRestarted()
  }

  /** The attempt has ended: nothing is restarted any more. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#cancelDelays) cancel()
  }

  async #restart(region: Region, error: MillraceError, delayMs: number): Promise<void> {
    const { logger, sourceOf, checkpoints, close, onFailed, pool, findRestore, deploy } = this.#options
    logger.warn({ tasks: region.tasks.length, delayMs, code: error.code, ...error.at }, `a region failed and restarts: ${error.message}`)
    onFailed(error)
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
      this.failed(region, MillraceError.wrap(failure, 'CORE_START_FAILED', 'A region could not be restarted', { origin: 'engine' }))
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
