import type { JobGraph, JobVertex } from './job-graph.ts'

/**
 * Where the subtasks of a job run. A slot holds one subtask of every vertex at most, so a job needs as many slots as its
 * widest vertex has subtasks (slot sharing, as in Flink). Neighbouring slots share a worker, so that forward and rescale
 * edges stay inside one.
 */
export interface SlotPlan {
  readonly slots: number
  /** Executors that hold them: never more than slots, and at least 1. */
  readonly executors: number
  executorOf(vertex: JobVertex, subtask: number): number
  executorOfSlot(slot: number): number
}

/** `workers`: threads to use; 0 and 1 put everything into one executor. */
export function planSlots(graph: JobGraph, workers: number): SlotPlan {
  const slots = Math.max(...graph.vertices.map(({ parallelism }) => parallelism))
  const executors = Math.max(1, Math.min(workers, slots))
  const executorOfSlot = (slot: number): number => Math.floor((slot * executors) / slots)
  return {
    slots,
    executors,
    executorOfSlot,
    // Narrower vertices spread over all slots, in the proportion in which rescale connects them.
    executorOf: ({ parallelism }, subtask) => executorOfSlot(Math.floor((subtask * slots) / parallelism)),
  }
}
