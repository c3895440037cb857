import type { JobGraph, JobVertex } from '../../graph/job-graph.ts'
import { pipelinedRegions, type Subtask } from '../../graph/pipelined-regions.ts'
import type { SlotPlan } from '../../graph/slots.ts'
import type { ExecutorId, SerializedSplit, TaskDeployment, TaskId } from '../protocol.ts'
import type { RestorePlan } from './restore-plan.ts'

/** A subtask and where it runs. */
export interface PlacedTask {
  readonly taskId: TaskId
  readonly vertex: JobVertex
  readonly subtask: number
  readonly executor: ExecutorId
}

/** `restarting`: being closed, or waiting to be deployed again. */
export type RegionPhase = 'created' | 'deployed' | 'running' | 'restarting'

/** The tasks that fail and restart together, and how far they are. */
export class Region {
  readonly tasks: readonly PlacedTask[]
  phase: RegionPhase = 'created'
  /** When its last failure was noticed. */
  failedMs = 0
  /** Of its present deployment. */
  attempt = 0
  /** All its data had been processed when the checkpoint it started from was taken. */
  restoredFinished = false
  /** Deployed and not closed yet. */
  readonly open: Set<TaskId> = new Set()
  /** With the splits that a source task holds from its checkpoint. */
  readonly initialized: Map<TaskId, readonly SerializedSplit[]> = new Map()
  #onClosed: () => void = () => {}

  constructor(tasks: readonly PlacedTask[]) {
    this.tasks = tasks
  }

  /** What to deploy: each task with what it starts from. */
  deploy(attempt: number, restore: RestorePlan | undefined): readonly TaskDeployment[] {
    this.phase = 'deployed'
    this.attempt = attempt
    this.initialized.clear()
    for (const { taskId } of this.tasks) this.open.add(taskId)
    const deployments = this.tasks.map(({ taskId, vertex, subtask }) => ({ taskId, vertexId: vertex.id, subtaskIndex: subtask, attempt, restore: restore?.taskRestore(vertex, subtask) }))
    this.restoredFinished = deployments.every((deployment) => deployment.restore?.finished === true)
    return deployments
  }

  closed(taskId: TaskId): void {
    this.open.delete(taskId)
    if (this.open.size === 0) this.#onClosed()
  }

  /** Resolves when none of its tasks is open. */
  allClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve
      if (this.open.size === 0) resolve()
    })
  }
}

export function createRegions(graph: JobGraph, slots: SlotPlan): readonly Region[] {
  const place = ({ vertex, index }: Subtask): PlacedTask => ({ taskId: taskIdOf(vertex, index), vertex, subtask: index, executor: slots.executorOf(vertex, index) })
  return pipelinedRegions(graph).map((subtasks) => new Region(subtasks.map(place)))
}

export function taskIdOf(vertex: JobVertex, subtask: number): TaskId {
  return `${vertex.operators[0]?.uid ?? vertex.id}#${subtask}`
}
