import { MillraceError } from '../../errors.ts'
import type { JobGraph, JobVertex } from '../../graph/job-graph.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricRegistry } from '../../metrics/metric-registry.ts'
import type { StateBackend } from '../../spi/state-backend.ts'
import type { RemoteChannelHandle } from '../network/remote-channel.ts'
import type { FromExecutor, TaskDeployment, TaskId, ToExecutor } from '../protocol.ts'
import { CachedFiles } from '../operators/cached-files.ts'
import type { TaskSettings } from '../task/task-environment.ts'
import { Task } from '../task/task.ts'
import type { Clock } from '../time/clock.ts'
import type { StepWatch } from './step-watch.ts'
import { createTaskChannels, type TaskChannels } from './task-channels.ts'
import { TaskScheduler } from './task-scheduler.ts'

export interface TaskExecutorOptions {
  readonly graph: JobGraph
  readonly settings: TaskSettings
  readonly clock: Clock
  readonly random: () => number
  readonly stateBackend: StateBackend
  readonly checkpointStore: CheckpointStore | undefined
  readonly fileSystems: FileSystems
  readonly logger: Logger
  readonly metrics: MetricRegistry
  readonly watch: StepWatch
  readonly send: (message: FromExecutor) => void
}

/** Hosts tasks in one thread, over all attempts of a job: wires their channels, steps them, passes messages on. */
export class TaskExecutor {
  readonly #options: TaskExecutorOptions
  readonly #scheduler: TaskScheduler
  readonly #cachedFiles: CachedFiles
  readonly #tasks: Map<TaskId, { readonly task: Task; readonly channels: TaskChannels }> = new Map()
  /** Deployed and not reported as closed, also when they could not be created: the coordinator waits for each. */
  readonly #deployed: Set<TaskId> = new Set()

  constructor(options: TaskExecutorOptions) {
    this.#options = options
    this.#scheduler = new TaskScheduler(options.clock, options.watch)
    this.#cachedFiles = new CachedFiles(options.graph.cachedFiles ?? [], options.fileSystems)
  }

  /** Nothing is deployed, or all of it has been closed. */
  get isEmpty(): boolean {
    return this.#deployed.size === 0
  }

  /** `remote`: for a deployment, the channels that lead to other executors. */
  receive(message: ToExecutor, remote: readonly RemoteChannelHandle[] = []): void {
    try {
      this.#handle(message, remote)
    } catch (error) {
      const wire = MillraceError.toWire(MillraceError.wrap(error, 'CORE_EXECUTOR_FAILED', `The executor could not handle "${message.kind}"`, { origin: 'engine' }))
      const [taskId] = this.#deployed
      if (taskId !== undefined) this.#options.send({ kind: 'failed', taskId, error: wire })
    }
  }

  #handle(message: ToExecutor, remote: readonly RemoteChannelHandle[]): void {
    switch (message.kind) {
      case 'deploy':
        this.#deploy(message, remote)
        return
      case 'run':
        for (const { task } of this.#tasks.values()) if (task.deployment.attempt === message.attempt) task.run()
        return
      case 'addSplits':
        this.#tasks.get(message.taskId)?.task.addSplits(message.splits)
        return
      case 'noMoreSplits':
        this.#tasks.get(message.taskId)?.task.noMoreSplits()
        return
      case 'alignWatermark':
        this.#tasks.get(message.taskId)?.task.alignWatermark(message.maxWatermark)
        return
      case 'triggerCheckpoint':
        this.#tasks.get(message.taskId)?.task.triggerCheckpoint(message.barrier)
        return
      case 'checkpointComplete':
        for (const { task } of this.#tasks.values()) task.checkpointComplete(message.checkpointId)
        return
      case 'checkpointAborted':
        for (const { task } of this.#tasks.values()) task.checkpointAborted(message.checkpointId)
        return
      case 'drain':
        for (const { task } of this.#tasks.values()) task.drain()
        return
      case 'close':
        for (const taskId of message.taskIds) this.#close(taskId, message.failed)
        return
    }
  }

  #close(taskId: TaskId, failed: boolean): void {
    const hosted = this.#tasks.get(taskId)
    if (hosted === undefined) return this.#closed(taskId)
    this.#scheduler.remove(hosted.task)
    void hosted.task.close(failed)
  }

  /** Once for each deployment. */
  #closed(taskId: TaskId): void {
    const hosted = this.#tasks.get(taskId)
    if (hosted !== undefined) hosted.channels.close(hosted.task.deployment)
    this.#tasks.delete(taskId)
    if (this.#deployed.delete(taskId)) this.#options.send({ kind: 'closed', taskId })
  }

  #deploy({ planHash, tasks }: Extract<ToExecutor, { readonly kind: 'deploy' }>, remote: readonly RemoteChannelHandle[]): void {
    const { graph, settings, random, clock } = this.#options
    for (const { taskId } of tasks) this.#deployed.add(taskId)
    const created: Task[] = []
    try {
      if (planHash !== graph.planHash) {
        throw new MillraceError('CORE_PLAN_MISMATCH', `The job builder gave another plan here (${graph.planHash}) than on the coordinator (${planHash}): it must not depend on time, randomness or the environment`, { origin: 'user' })
      }
      const channels = createTaskChannels({ graph, bufferBytes: settings.bufferBytes, random, clock, targetLatencyMs: settings.bufferDebloatTargetMs, remote })
      for (const deployment of tasks) {
        const task = this.#createTask(deployment, channels)
        this.#tasks.set(deployment.taskId, { task, channels })
        created.push(task)
      }
    } catch (error) {
      for (const { taskId } of tasks) this.#options.send({ kind: 'failed', taskId, error: MillraceError.toWire(error) })
      return
    }
    for (const task of created) task.initialize()
  }

  #createTask(deployment: TaskDeployment, channels: TaskChannels): Task {
    const { graph, settings, clock, stateBackend, checkpointStore, fileSystems, logger, metrics } = this.#options
    const vertex = graph.vertices[deployment.vertexId] as JobVertex
    const job = graph.jobName
    const subtask = String(deployment.subtaskIndex)
    const taskMetrics = metrics.group({ job, operator: vertex.name, subtask })
    const inputs = channels.inputsOf(deployment)
    const writers = channels.writersOf(deployment)
    channels.registerMetrics(deployment, taskMetrics)
    const task: Task = new Task({
      deployment,
      vertex,
      inputs,
      writers,
      taskMetrics,
      ...{ settings, clock, stateBackend, checkpointStore, fileSystems, logger, cachedFiles: this.#cachedFiles },
      operatorMetrics: (operator, uid) => metrics.group({ job, operator, uid, subtask }),
      report: (event) => this.#report(task, event),
      wake: () => this.#scheduler.wake(task),
    })
    return task
  }

  /** A task that was left behind when it did not close has nothing more to say. */
  #report(task: Task, event: FromExecutor): void {
    if (this.#tasks.get(task.id)?.task !== task) return
    if (event.kind === 'closed') this.#closed(task.id)
    else this.#options.send(event)
  }
}
