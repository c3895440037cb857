import { MillraceError } from '../../errors.ts'
import type { JobGraph, JobVertex } from '../../graph/job-graph.ts'
import type { Source } from '../../spi/source.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { FromExecutor, SerializedSplit, TaskDeployment, TaskId, TaskSnapshot, ToExecutor } from '../protocol.ts'
import { buildCheckpointMetadata } from './build-checkpoint-metadata.ts'
import { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import type { CheckpointStatistics } from './checkpoint-statistics.ts'
import type { JobCoordinatorOptions } from './job-coordinator.ts'
import type { RestorePlan } from './restore-plan.ts'
import { SourceCoordinator } from './source-coordinator.ts'
import { WatermarkAligner } from './watermark-aligner.ts'

export type AttemptOutcome =
  | { readonly kind: 'finished' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'stopped'; readonly savepoint: string | undefined }
  /** `ran`: all tasks had been restored and opened before it failed. */
  | { readonly kind: 'failed'; readonly ran: boolean; readonly error: MillraceError }

export interface JobAttemptOptions extends JobCoordinatorOptions {
  readonly attempt: number
  readonly restore: RestorePlan | undefined
  readonly statistics: CheckpointStatistics
  readonly onRunning: () => void
}

/** One try at running the job: deploys the tasks, answers their messages, and ends in exactly one outcome. */
export class JobAttempt {
  readonly #options: JobAttemptOptions
  readonly #tasks: ReadonlyMap<TaskId, TaskDeployment>
  readonly #send: (message: ToExecutor) => void
  readonly #sources: Map<number, SourceCoordinator> = new Map()
  readonly #aligner: WatermarkAligner
  readonly #initialized: Map<TaskId, readonly SerializedSplit[]> = new Map()
  readonly #finished: Set<TaskId> = new Set()
  readonly #closed: Set<TaskId> = new Set()
  readonly #notified: Set<TaskId> = new Set()
  #checkpoints: CheckpointCoordinator | undefined
  #deployed = false
  #running = false
  #finalCheckpointId: number | undefined
  #stop: { readonly savepoint: string | undefined; readonly drain: boolean } | undefined
  #outcome: AttemptOutcome | undefined
  #resolve: (outcome: AttemptOutcome) => void = () => {}

  constructor(options: JobAttemptOptions) {
    this.#options = options
    this.#tasks = new Map(deployments(options).map((deployment) => [deployment.taskId, deployment]))
    this.#aligner = new WatermarkAligner(options.graph, taskIdOf, (message) => this.#send(message))
    this.#send = options.createExecutor(options.attempt, (message) => {
      try {
        this.#receive(message)
      } catch (error) {
        this.#fail(error)
      }
    })
  }

  async run(): Promise<AttemptOutcome> {
    const ended = new Promise<AttemptOutcome>((resolve) => {
      this.#resolve = resolve
    })
    try {
      await this.#startSources()
      if (this.#outcome === undefined) {
        this.#deployed = true
        this.#send({ kind: 'deploy', attempt: this.#options.attempt, planHash: this.#options.graph.planHash, tasks: [...this.#tasks.values()] })
      }
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
    if (drain || this.#options.checkpoints === undefined) this.#send({ kind: 'drain' })
    else this.#finalCheckpoint({ ...(savepoint === undefined ? {} : { savepoint }), terminal: true })
  }

  cancel(): void {
    this.#end({ kind: 'canceled' })
  }

  async #startSources(): Promise<void> {
    const { graph, restore, clock, fileSystems, logger, metrics } = this.#options
    for (const vertex of graph.vertices) {
      const head = vertex.operators[0]
      if (head?.node.operator.kind !== 'source') continue
      const source: Source<unknown> = head.node.operator.source
      const taskIds = Array.from({ length: vertex.parallelism }, (_, subtask) => taskIdOf(vertex, subtask))
      const coordinator = new SourceCoordinator(
        { source, uid: head.uid, taskIds, clock, fileSystems, logger, metrics, send: this.#send, fail: (error) => this.#fail(error) },
        restore?.enumerator(head.uid),
      )
      this.#sources.set(vertex.id, coordinator)
      await coordinator.start()
    }
  }

  #receive(message: FromExecutor): void {
    const deployment = this.#tasks.get(message.taskId)
    if (deployment === undefined) return
    switch (message.kind) {
      case 'initialized':
        this.#initialized.set(message.taskId, message.splits)
        if (this.#initialized.size === this.#tasks.size && this.#outcome === undefined) this.#runTasks()
        return
      case 'splitRequest':
        if (this.#outcome === undefined) this.#sources.get(deployment.vertexId)?.handleSplitRequest(message.taskId)
        return
      case 'watermarkReport':
        if (this.#outcome === undefined) this.#aligner.report(message.taskId, message.watermark)
        return
      case 'checkpointAck':
        this.#checkpoints?.acknowledge(message.taskId, message.checkpointId, message.snapshot)
        return
      case 'checkpointDeclined':
        this.#checkpoints?.decline(message.checkpointId, MillraceError.fromWire(message.error))
        return
      case 'checkpointNotified':
        if (this.#finalCheckpointId !== undefined && message.checkpointId >= this.#finalCheckpointId) this.#notified.add(message.taskId)
        if (this.#notified.size === this.#tasks.size) this.#complete()
        return
      case 'finished':
        this.#finished.add(message.taskId)
        if (this.#finished.size === this.#tasks.size) this.#allFinished()
        return
      case 'failed':
        this.#fail(MillraceError.fromWire(message.error))
        return
      case 'closed':
        this.#closed.add(message.taskId)
        if (this.#closed.size === this.#tasks.size && this.#outcome !== undefined) this.#resolve(this.#outcome)
        return
    }
  }

  #runTasks(): void {
    this.#running = true
    const { checkpoints, clock, logger, statistics, restore, graph } = this.#options
    for (const [taskId, splits] of this.#initialized) {
      const { vertexId, subtaskIndex } = this.#tasks.get(taskId) as TaskDeployment
      this.#sources.get(vertexId)?.addReader(subtaskIndex, splits)
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
          this.#send({ kind: 'checkpointComplete', checkpointId })
          for (const source of this.#sources.values()) source.notifyCheckpointComplete(checkpointId)
        },
        notifyAborted: (checkpointId) => this.#send({ kind: 'checkpointAborted', checkpointId }),
        fail: (error) => this.#fail(error),
      })
      this.#checkpoints.start()
    }
    this.#send({ kind: 'run' })
    this.#options.onRunning()
  }

  #triggerSources(barrier: Barrier): void {
    for (const { taskId, vertexId } of this.#tasks.values()) if (this.#sources.has(vertexId)) this.#send({ kind: 'triggerCheckpoint', taskId, barrier })
  }

  #allFinished(): void {
    if (this.#outcome !== undefined) return
    const restoredFinished = [...this.#tasks.values()].every(({ restore }) => restore?.finished === true)
    if (this.#options.checkpoints === undefined || restoredFinished) this.#complete()
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

  #fail(error: unknown): void {
    this.#end({ kind: 'failed', ran: this.#running, error: MillraceError.wrap(error, 'CORE_JOB_FAILED', 'The job failed', { origin: 'engine' }) })
  }

  #end(outcome: AttemptOutcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    // A failed checkpoint in progress must not complete any more, whatever the tasks still answer.
    if (outcome.kind === 'failed' || outcome.kind === 'canceled') this.#checkpoints?.stop(outcome.kind === 'failed' ? outcome.error : new MillraceError('CORE_JOB_ENDED', 'The job was canceled', { origin: 'external' }))
    this.#send({ kind: 'close', failed: outcome.kind === 'failed' || outcome.kind === 'canceled' })
    // Nothing will answer before anything was deployed.
    if (!this.#deployed) this.#resolve(outcome)
  }

  #checkpointing(what: string): CheckpointCoordinator {
    if (this.#checkpoints !== undefined) return this.#checkpoints
    if (this.#options.checkpoints !== undefined) {
      throw new MillraceError('CKPT_NOT_RUNNING', `The job cannot take ${what} yet: its tasks are still being restored; try again when it is running`, { origin: 'external', retryable: true })
    }
    throw new MillraceError('CKPT_NO_STORAGE', `The job cannot take ${what}: it runs without a checkpoint storage. Give --checkpoint-dir or checkpoints.storage`, { origin: 'user' })
  }
}

function taskIdOf(vertex: JobVertex, subtask: number): TaskId {
  return `${vertex.operators[0]?.uid ?? vertex.id}#${subtask}`
}

function deployments({ graph, attempt, restore }: { readonly graph: JobGraph; readonly attempt: number; readonly restore: RestorePlan | undefined }): TaskDeployment[] {
  return graph.vertices.flatMap((vertex) =>
    Array.from({ length: vertex.parallelism }, (_, subtaskIndex) => ({
      taskId: taskIdOf(vertex, subtaskIndex),
      vertexId: vertex.id,
      subtaskIndex,
      attempt,
      restore: restore?.taskRestore(vertex, subtaskIndex),
    })),
  )
}
