import { MillraceError } from '../../errors.ts'
import type { JobEdge, JobGraph, JobVertex } from '../../graph/job-graph.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricRegistry } from '../../metrics/metric-registry.ts'
import type { StateBackend } from '../../spi/state-backend.ts'
import { targetSubtasks } from '../network/channel-topology.ts'
import type { InputChannel } from '../network/input-channel.ts'
import { LocalChannel } from '../network/local-channel.ts'
import { createChannelSelector } from '../network/partitioner.ts'
import { RecordWriter } from '../network/record-writer.ts'
import type { FromExecutor, TaskDeployment, TaskId, ToExecutor } from '../protocol.ts'
import type { TaskSettings } from '../task/task-environment.ts'
import { Task } from '../task/task.ts'
import type { Clock } from '../time/clock.ts'
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
  readonly send: (message: FromExecutor) => void
}

/** Hosts the tasks of one attempt in one thread: wires their channels, steps them, passes messages on. */
export class TaskExecutor {
  readonly #options: TaskExecutorOptions
  readonly #scheduler: TaskScheduler
  readonly #tasks: Map<TaskId, Task> = new Map()
  readonly #sourceTasks: Set<TaskId> = new Set()
  #deployed: readonly TaskId[] = []

  constructor(options: TaskExecutorOptions) {
    this.#options = options
    this.#scheduler = new TaskScheduler(options.clock)
  }

  receive(message: ToExecutor): void {
    try {
      this.#handle(message)
    } catch (error) {
      const wire = MillraceError.toWire(MillraceError.wrap(error, 'CORE_EXECUTOR_FAILED', `The executor could not handle "${message.kind}"`, { origin: 'engine' }))
      const [taskId] = message.kind === 'deploy' ? message.tasks.map((task) => task.taskId) : this.#tasks.keys()
      if (taskId !== undefined) this.#options.send({ kind: 'failed', taskId, error: wire })
    }
  }

  #handle(message: ToExecutor): void {
    switch (message.kind) {
      case 'deploy':
        this.#deploy(message.planHash, message.tasks)
        return
      case 'run':
        for (const task of this.#tasks.values()) task.run()
        return
      case 'addSplits':
        this.#tasks.get(message.taskId)?.addSplits(message.splits)
        return
      case 'noMoreSplits':
        this.#tasks.get(message.taskId)?.noMoreSplits()
        return
      case 'alignWatermark':
        this.#tasks.get(message.taskId)?.alignWatermark(message.maxWatermark)
        return
      case 'triggerCheckpoint':
        this.#tasks.get(message.taskId)?.triggerCheckpoint(message.barrier)
        return
      case 'checkpointComplete':
        for (const task of this.#tasks.values()) task.checkpointComplete(message.checkpointId)
        return
      case 'checkpointAborted':
        for (const task of this.#tasks.values()) task.checkpointAborted(message.checkpointId)
        return
      case 'drain':
        for (const id of this.#sourceTasks) this.#tasks.get(id)?.drain()
        return
      case 'close':
        for (const task of this.#tasks.values()) {
          this.#scheduler.remove(task)
          void task.close(message.failed)
        }
        // The coordinator waits for all it has deployed, also for what could not be created.
        for (const taskId of this.#deployed) if (!this.#tasks.has(taskId)) this.#options.send({ kind: 'closed', taskId })
        this.#deployed = []
        this.#tasks.clear()
        this.#sourceTasks.clear()
        return
    }
  }

  #deploy(planHash: string, deployments: readonly TaskDeployment[]): void {
    const { graph } = this.#options
    this.#deployed = deployments.map(({ taskId }) => taskId)
    try {
      if (planHash !== graph.planHash) {
        throw new MillraceError('CORE_PLAN_MISMATCH', `The job builder gave another plan here (${graph.planHash}) than on the coordinator (${planHash}): it must not depend on time, randomness or the environment`, { origin: 'user' })
      }
      const channels = this.#createChannels()
      for (const deployment of deployments) {
        const task = this.#createTask(deployment, channels)
        this.#tasks.set(deployment.taskId, task)
        if (graph.vertices[deployment.vertexId]?.operators[0]?.node.operator.kind === 'source') this.#sourceTasks.add(deployment.taskId)
      }
    } catch (error) {
      for (const taskId of this.#deployed) this.#options.send({ kind: 'failed', taskId, error: MillraceError.toWire(error) })
      return
    }
    for (const task of this.#tasks.values()) task.initialize()
  }

  #createTask(deployment: TaskDeployment, channels: ChannelMatrix): Task {
    const { graph, settings, clock, stateBackend, checkpointStore, fileSystems, logger, metrics, send } = this.#options
    const vertex = graph.vertices[deployment.vertexId] as JobVertex
    const job = graph.jobName
    const subtask = String(deployment.subtaskIndex)
    const task: Task = new Task({
      deployment,
      vertex,
      inputs: inputChannels(graph, vertex, deployment.subtaskIndex, channels),
      writers: this.#recordWriters(vertex, deployment.subtaskIndex, channels),
      settings,
      clock,
      stateBackend,
      checkpointStore,
      fileSystems,
      logger,
      taskMetrics: metrics.group({ job, operator: vertex.name, subtask }),
      operatorMetrics: (operator, uid) => metrics.group({ job, operator, uid, subtask }),
      report: (event) => send(event),
      wake: () => this.#scheduler.wake(task),
    })
    return task
  }

  #createChannels(): ChannelMatrix {
    const { graph, settings } = this.#options
    return new Map(
      graph.edges.map((edge) => {
        const producers = (graph.vertices[edge.sourceVertex] as JobVertex).parallelism
        const consumers = (graph.vertices[edge.targetVertex] as JobVertex).parallelism
        const rows = Array.from(
          { length: producers },
          (_, producer) => new Map(targetSubtasks(edge.partitioning.kind, producer, producers, consumers).map((consumer) => [consumer, new LocalChannel(settings.bufferBytes)])),
        )
        return [edge.id, rows]
      }),
    )
  }

  #recordWriters(vertex: JobVertex, subtask: number, channels: ChannelMatrix): ReadonlyMap<number, RecordWriter> {
    const { graph, settings, random } = this.#options
    const outgoing = graph.edges.filter((edge) => edge.sourceVertex === vertex.id)
    return new Map(
      outgoing.map((edge) => {
        const targets = [...(channels.get(edge.id)?.[subtask] ?? new Map<number, LocalChannel>()).values()]
        const { maxParallelism } = graph.vertices[edge.targetVertex] as JobVertex
        return [edge.id, new RecordWriter(targets, createChannelSelector(edge.partitioning, targets.length, maxParallelism, subtask, random), settings.bufferBytes / 2)]
      }),
    )
  }
}

/** By edge id, producer subtask and consumer subtask. */
type ChannelMatrix = ReadonlyMap<number, readonly ReadonlyMap<number, LocalChannel>[]>

function inputChannels(graph: JobGraph, vertex: JobVertex, subtask: number, channels: ChannelMatrix): readonly InputChannel[] {
  const feeding = (edge: JobEdge): readonly { readonly channel: LocalChannel; readonly input: 0 | 1 }[] =>
    (channels.get(edge.id) ?? []).flatMap((byConsumer) => {
      const channel = byConsumer.get(subtask)
      return channel === undefined ? [] : [{ channel, input: edge.input }]
    })
  return graph.edges
    .filter((edge) => edge.targetVertex === vertex.id)
    .flatMap(feeding)
    .map(({ channel, input }, index) => ({ channel, input, index, blocked: false, ended: false }))
}
