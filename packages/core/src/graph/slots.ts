import type { JobGraph, JobVertex } from './job-graph.ts'

/**
 * Where the subtasks of a job run. A slot holds one subtask of every vertex of its slot sharing group at most, so a group
 * needs as many slots as its widest vertex has subtasks, and a job those of all its groups (as in Flink). Neighbouring
 * slots share a worker, so that forward and rescale edges stay inside one.
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
  const groups = slotsOfGroups(graph)
  const slots = Math.max(...Array.from(groups.values(), ({ from, size }) => from + size))
  const executors = Math.max(1, Math.min(workers, slots))
  const executorOfSlot = (slot: number): number => Math.floor((slot * executors) / slots)
  return {
    slots,
    executors,
    executorOfSlot,
    // Narrower vertices spread over all slots of their group, in the proportion in which rescale connects them.
    executorOf(vertex, subtask) {
      const { from, size } = groups.get(groupOf(vertex)) ?? { from: 0, size: slots }
      return executorOfSlot(from + Math.floor((subtask * size) / vertex.parallelism))
    },
  }
}

interface SlotRange {
  readonly from: number
  readonly size: number
}

/** Side by side, in the order in which the groups appear in the job. */
function slotsOfGroups(graph: JobGraph): ReadonlyMap<string, SlotRange> {
  const sizes = new Map<string, number>()
  for (const vertex of graph.vertices) sizes.set(groupOf(vertex), Math.max(sizes.get(groupOf(vertex)) ?? 0, vertex.parallelism))
  let from = 0
  return new Map(
    Array.from(sizes, ([group, size]) => {
      const range = { from, size }
      from += size
      return [group, range]
    }),
  )
}

function groupOf({ slotSharingGroup = 'default' }: JobVertex): string {
  return slotSharingGroup
}
