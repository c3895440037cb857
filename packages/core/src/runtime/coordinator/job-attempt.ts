import { MillraceError } from '../../errors.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { ExecutorId, FromExecutor, Placement, SerializedSplit, TaskId, TaskSnapshot, ToExecutor } from '../protocol.ts'
import { buildCheckpointMetadata } from './build-checkpoint-metadata.ts'
import { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import type { CheckpointStatistics } from './checkpoint-statistics.ts'
import type { ExecutorPool } from './executor-pool.ts'
import type { FailurePolicy } from './failure-policy.ts'
import type { JobCoordinatorOptions } from './job-coordinator.ts'
import { createRegions, type PlacedTask, type Region, taskIdOf } from './region.ts'
import { RegionFailover } from './region-failover.ts'
import type { RestorePlan } from './restore-plan.ts'
import { SourceCoordinator } from './source-coordinator.ts'
import { WatermarkAligner } from './watermark-aligner.ts'

export type AttemptOutcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'stopped'; readonly savepoint: string | undefined }
  /** `ran`: all tasks had been restored and opened before it failed, which was noticed at `failedMs`. `final`: the failure policy has given up already. */
  | { readonly kind: 'failed'; readonly ran: boolean; readonly final: boolean; readonly failedMs: number; readonly error: MillraceError }

export interface JobAttemptOptions extends JobCoordinatorOptions {
  readonly pool: ExecutorPool
  readonly failures: FailurePolicy
  readonly statistics: CheckpointStatistics
  readonly restore: RestorePlan | undefined
  /** Numbers the deployments, over all attempts. */
  readonly nextAttempt: () => number
  /** Where a region goes on after a failure: the newest checkpoint. */
  readonly findRestore: () => Promise<RestorePlan | undefined>
  readonly onRunning: () => void
  /** A region failed, and the rest goes on. */
  readonly onRegionFailed: (error: MillraceError) => void
  /** All that failed runs again. */
  readonly onRegionsRestarted: () => void
}

/**
 * One try at running the job: deploys the tasks, answers their messages, and ends in exactly one outcome. When a region of
 * several fails it is restarted alone; the attempt fails when that is not possible.
 */
export class JobAttempt {
  readonly #options: JobAttemptOptions
  readonly #regions: readonly Region[]
  readonly #tasks: ReadonlyMap<TaskId, { readonly task: PlacedTask; readonly region: Region }>
  readonly #failover: RegionFailover
  readonly #placement: Placement
  /** By vertex id. */
  readonly #sources: Map<number, SourceCoordinator> = new Map()
  readonly #aligner: WatermarkAligner
  readonly #finished: Set<TaskId> = new Set()
  readonly #notified: Set<TaskId> = new Set()
  #checkpoints: CheckpointCoordinator | undefined
  #running = false
  #finalCheckpointId: number | undefined
  #stop: { readonly savepoint: string | undefined; readonly drain: boolean } | undefined
  #outcome: AttemptOutcome | undefined
  #resolve: (outcome: AttemptOutcome) => void = () => {}

  constructor(options: JobAttemptOptions) {
    this.#options = options
    const { graph, slots } = options
    this.#aligner = new WatermarkAligner(graph, taskIdOf, (message) => this.#sendToTask(message))
    this.#regions = createRegions(graph, slots)
    this.#tasks = new Map(this.#regions.flatMap((region) => region.tasks.map((task) => [task.taskId, { task, region }])))
    this.#placement = graph.vertices.map((vertex) => Array.from({ length: vertex.parallelism }, (_, subtask) => slots.executorOf(vertex, subtask)))
    this.#failover = new RegionFailover({
      ...options,
      regions: this.#regions,
      checkpoints: () => this.#checkpoints,
      sourceOf: ({ vertex }) => this.#sources.get(vertex.id),
      close: (region) => this.#close([region], true),
      deploy: (region, restore) => this.#deploy([region], restore),
      onFailed: options.onRegionFailed,
      onRestarted: options.onRegionsRestarted,
      giveUp: (error) => this.#end({ kind: 'failed', ran: true, final: true, failedMs: options.clock.now(), error }),
    })
  }

  async run(): Promise<AttemptOutcome> {
    const ended = new Promise<AttemptOutcome>((resolve) => {
      this.#resolve = resolve
    })
    try {
      // A start that hangs must not keep a job from being canceled.
      await Promise.race([this.#options.pool.start(), ended])
      if (this.#outcome === undefined) await this.#startSources()
      if (this.#outcome === undefined) this.#deploy(this.#regions, this.#options.restore)
    } catch (error) {
      this.#fail(error)
    }
    const outcome = await ended
    this.#checkpoints?.stop(outcome.kind === 'failed' ? outcome.error : new MillraceError('CORE_JOB_ENDED', `The job was ${outcome.kind}`, { origin: 'external' }))
    await this.#checkpoints?.settle()
    for (const source of this.#sources.values()) {
      try {
        await source.close()
      } catch (error) {
        this.#options.logger.warn({ source: source.uid, error: String(error) }, 'closing a split enumerator failed')
      }
    }
    return outcome
  }

  async savepoint(directory: string): Promise<string> {
    return (await this.#checkpointing(`a savepoint in ${directory}`).request({ savepoint: directory })).pointer
  }

  stop(savepoint: string | undefined, drain: boolean): void {
    if (this.#stop !== undefined || this.#outcome !== undefined) return
    if (!this.#running) return
    this.#stop = { savepoint, drain }
    if (this.#drains) this.#broadcast({ kind: 'drain' })
    else this.#finalCheckpoint({ ...(savepoint === undefined ? {} : { savepoint }), terminal: true })
  }

  cancel(): void {
    this.#end({ kind: 'canceled' })
  }

  received(message: FromExecutor): void {
    try {
      this.#handle(message)
    } catch (error) {
      this.#fail(error)
    }
  }

  executorLost(executor: ExecutorId, error: MillraceError): void {
    const hit = this.#regions.filter((region) => {
      const lost = region.tasks.filter((task) => task.executor === executor && region.open.has(task.taskId))
      for (const { taskId } of lost) region.closed(taskId)
      return lost.length > 0
    })
    if (hit.length > 0) this.#tasksFailed(hit, error)
    this.#resolveIfClosed()
  }

  /** Without a checkpoint storage, sources can only be asked to end. */
  get #drains(): boolean {
    return this.#stop !== undefined && (this.#stop.drain || this.#options.checkpoints === undefined)
  }

  async #startSources(): Promise<void> {
    const { graph, restore, clock, fileSystems, logger, metrics } = this.#options
    for (const vertex of graph.vertices) {
      const head = vertex.operators[0]
      if (head?.node.operator.kind !== 'source') continue
      const taskIds = Array.from({ length: vertex.parallelism }, (_, subtask) => taskIdOf(vertex, subtask))
      const coordinator = new SourceCoordinator(
        {
          source: head.node.operator.source,
          uid: head.uid,
          taskIds,
          failsOver: this.#regions.length > 1,
          ...{ clock, fileSystems, logger, metrics },
          send: (message) => this.#sendToTask(message),
          fail: (error) => this.#fail(error),
        },
        restore?.enumerator(head.uid),
      )
      this.#sources.set(vertex.id, coordinator)
      await coordinator.start()
    }
  }

  #deploy(regions: readonly Region[], restore: RestorePlan | undefined): void {
    const { graph, nextAttempt, pool } = this.#options
    const attempt = nextAttempt()
    const byExecutor = Map.groupBy(
      regions.flatMap((region) => region.deploy(attempt, restore)),
      ({ vertexId, subtaskIndex }) => this.#placement[vertexId]?.[subtaskIndex] ?? 0,
    )
    for (const [executor, tasks] of byExecutor) pool.send(executor, { kind: 'deploy', attempt, planHash: graph.planHash, tasks, placement: this.#placement })
  }

  #close(regions: readonly Region[], failed: boolean): void {
    const open = regions.flatMap((region) => region.tasks.filter(({ taskId }) => region.open.has(taskId)))
    for (const [executor, tasks] of Map.groupBy(open, (task) => task.executor)) {
      this.#options.pool.send(executor, { kind: 'close', taskIds: tasks.map(({ taskId }) => taskId), failed })
    }
  }

  #handle(message: FromExecutor): void {
    if (message.kind === 'heartbeat' || message.kind === 'log') return
    const { taskId } = message
    const found = this.#tasks.get(taskId)
    if (found === undefined) return
    const { task, region } = found
    switch (message.kind) {
      case 'initialized':
        region.initialized.set(taskId, message.splits)
        if (this.#outcome === undefined) this.#runInitialized(region)
        return
      case 'splitRequest':
        if (this.#outcome === undefined) this.#sources.get(task.vertex.id)?.handleSplitRequest(taskId)
        return
      case 'watermarkReport':
        if (this.#outcome === undefined) this.#aligner.report(taskId, message.watermark)
        return
      case 'checkpointAck':
        this.#checkpoints?.acknowledge(taskId, message.checkpointId, message.snapshot)
        return
      case 'checkpointDeclined':
        this.#checkpoints?.decline(message.checkpointId, MillraceError.fromWire(message.error))
        return
      case 'checkpointNotified':
        if (this.#finalCheckpointId !== undefined && message.checkpointId >= this.#finalCheckpointId) this.#notified.add(taskId)
        if (this.#notified.size === this.#tasks.size) this.#complete()
        return
      case 'finished':
        this.#finished.add(taskId)
        if (this.#finished.size === this.#tasks.size) this.#allFinished()
        return
      case 'failed':
        this.#tasksFailed([region], MillraceError.wrap(MillraceError.fromWire(message.error), 'CORE_TASK_FAILED', 'A task failed', { origin: 'engine' }))
        return
      case 'closed':
        region.closed(taskId)
        this.#resolveIfClosed()
        return
    }
  }

  #runInitialized(region: Region): void {
    if (this.#running) {
      if (region.initialized.size < region.tasks.length) return
      this.#failover.restarted(region)
      this.#sendToExecutors([region], { kind: 'run', attempt: region.attempt })
      if (this.#drains) this.#sendToExecutors([region], { kind: 'drain' })
    } else if (this.#regions.every(({ initialized, tasks }) => initialized.size === tasks.length)) this.#runAll()
  }

  #runAll(): void {
    this.#running = true
    const { checkpoints, clock, logger, statistics, restore, graph } = this.#options
    for (const region of this.#regions) {
      region.phase = 'running'
      for (const { taskId, vertex, subtask } of region.tasks) this.#sources.get(vertex.id)?.addReader(subtask, region.initialized.get(taskId) as readonly SerializedSplit[])
    }
    if (checkpoints !== undefined) {
      const enumerators = new Map<string, ReturnType<SourceCoordinator['snapshot']>>()
      this.#checkpoints = new CheckpointCoordinator({
        ...checkpoints,
        clock,
        logger,
        statistics,
        taskIds: [...this.#tasks.keys()],
        firstCheckpointId: (restore?.checkpointId ?? 0) + 1,
        triggerSources: (barrier) => {
          for (const source of this.#sources.values()) enumerators.set(source.uid, source.snapshot(barrier.checkpointId))
          this.#triggerSources(barrier)
        },
        buildMetadata: (barrier: Barrier, snapshots: ReadonlyMap<TaskId, TaskSnapshot>) => buildCheckpointMetadata(graph, barrier, snapshots, enumerators, taskIdOf),
        notifyComplete: (checkpointId) => {
          this.#broadcast({ kind: 'checkpointComplete', checkpointId })
          for (const source of this.#sources.values()) source.notifyCheckpointComplete(checkpointId)
        },
        notifyAborted: (checkpointId) => this.#broadcast({ kind: 'checkpointAborted', checkpointId }),
        fail: (error) => this.#fail(error),
      })
      this.#checkpoints.start()
    }
    this.#sendToExecutors(this.#regions, { kind: 'run', attempt: this.#regions[0]?.attempt ?? 0 })
    this.#options.onRunning()
  }

  #triggerSources(barrier: Barrier): void {
    for (const [taskId, { task }] of this.#tasks) if (this.#sources.has(task.vertex.id)) this.#sendToTask({ kind: 'triggerCheckpoint', taskId, barrier })
  }

  #allFinished(): void {
    if (this.#outcome !== undefined) return
    if (this.#options.checkpoints === undefined || this.#regions.every(({ restoredFinished }) => restoredFinished)) this.#complete()
    else this.#finalCheckpoint(this.#stop?.savepoint === undefined ? {} : { savepoint: this.#stop.savepoint, terminal: true })
  }

  /** The job ends when this checkpoint is complete and everything in it is committed. */
  #finalCheckpoint(options: { readonly savepoint?: string; readonly terminal?: boolean }): void {
    this.#checkpointing('the final checkpoint')
      .request({ ...options, final: options.terminal !== true, onTriggered: (checkpointId) => (this.#finalCheckpointId = checkpointId) })
      .then(
        ({ pointer }) => {
          if (this.#stop?.savepoint !== undefined) this.#stop = { ...this.#stop, savepoint: pointer }
        },
        (error: unknown) => this.#fail(error),
      )
  }

  #complete(): void {
    this.#end(this.#stop === undefined ? { kind: 'finished' } : { kind: 'stopped', savepoint: this.#stop.savepoint })
  }

  /** Regions can restart while others run; not when there is only one, nor when the job is about to end. */
  #tasksFailed(regions: readonly Region[], error: MillraceError): void {
    if (this.#outcome !== undefined) return
    if (!this.#running || this.#regions.length === 1 || this.#stop !== undefined || this.#finalCheckpointId !== undefined) return this.#fail(error)
    for (const region of regions) for (const { taskId } of region.tasks) this.#finished.delete(taskId)
    this.#failover.failed(regions, error)
  }

  #fail(error: unknown): void {
    this.#end({ kind: 'failed', ran: this.#running, final: false, failedMs: this.#options.clock.now(), error: MillraceError.wrap(error, 'CORE_JOB_FAILED', 'The job failed', { origin: 'engine' }) })
  }

  #end(outcome: AttemptOutcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#failover.stop()
    // A failed checkpoint in progress must not complete any more, whatever the tasks still answer.
    if (outcome.kind === 'failed' || outcome.kind === 'canceled') this.#checkpoints?.stop(outcome.kind === 'failed' ? outcome.error : new MillraceError('CORE_JOB_ENDED', 'The job was canceled', { origin: 'external' }))
    this.#close(this.#regions, outcome.kind === 'failed' || outcome.kind === 'canceled')
    this.#resolveIfClosed()
  }

  #resolveIfClosed(): void {
    if (this.#outcome !== undefined && this.#regions.every(({ open }) => open.size === 0)) this.#resolve(this.#outcome)
  }

  #sendToTask(message: Extract<ToExecutor, { readonly taskId: TaskId }>): void {
    const executor = this.#tasks.get(message.taskId)?.task.executor
    if (executor !== undefined) this.#options.pool.send(executor, message)
  }

  #broadcast(message: ToExecutor): void {
    this.#sendToExecutors(this.#regions, message)
  }

  #sendToExecutors(regions: readonly Region[], message: ToExecutor): void {
    for (const executor of new Set(regions.flatMap(({ tasks }) => tasks.map((task) => task.executor)))) this.#options.pool.send(executor, message)
  }

  #checkpointing(what: string): CheckpointCoordinator {
    if (this.#checkpoints !== undefined) return this.#checkpoints
    if (this.#options.checkpoints !== undefined) {
      throw new MillraceError('CKPT_NOT_RUNNING', `The job cannot take ${what} yet: its tasks are still being restored; try again when it is running`, { origin: 'external', retryable: true })
    }
    throw new MillraceError('CKPT_NO_STORAGE', `The job cannot take ${what}: it runs without a checkpoint storage. Give --checkpoint-dir or checkpoints.storage`, { origin: 'user' })
  }
}
