import type { JobGraph, JobVertex } from './job-graph.ts'

/**
 * Where the subtasks of a job run. A slot holds one subtask of every vertex of its slot sharing group at most, so a group
 * needs as many slots as its widest vertex has subtasks, and a job those of all its groups (as in Flink). Neighbouring
 * slots share an executor, so that forward and rescale edges stay inside one. Vertices with `ioThread` take no slots: each has
 * an executor of its own beside each of those that hold slots, as far as it has subtasks.
 */
export interface SlotPlan {
  readonly slots: number
  /** All of them, at least 1: those that hold slots come first, then those for I/O. */
  readonly executors: number
  /** Never more than slots, and at least 1. */
  readonly slotExecutors: number
  executorOf(vertex: JobVertex, subtask: number): number
  executorOfSlot(slot: number): number
}

/** `workers`: threads to use for the slots; 0 and 1 put all of them into one executor. `ioThreads` false: I/O takes slots like all else. */
export function planSlots(graph: JobGraph, workers: number, ioThreads: boolean = true): SlotPlan {
  const isApart = ({ ioThread }: JobVertex): boolean => ioThreads && ioThread === true
  const groups = slotsOfGroups(graph.vertices.filter((vertex) => !isApart(vertex)))
  const slots = Math.max(1, ...Array.from(groups.values(), ({ from, size }) => from + size))
  const slotExecutors = Math.max(1, Math.min(workers, slots))
  const executorOfSlot = (slot: number): number => Math.floor((slot * slotExecutors) / slots)
  const { ranges: apart, end: executors } = sideBySide(
    graph.vertices.filter(isApart).map(({ id, parallelism }) => [id, Math.min(slotExecutors, parallelism)]),
    slotExecutors,
  )
  return {
    slots,
    executors,
    slotExecutors,
    executorOfSlot,
    // Narrower vertices spread over all slots of their group, in the proportion in which rescale connects them.
    executorOf(vertex, subtask) {
      const own = apart.get(vertex.id)
      const { from, size } = own ?? groups.get(groupOf(vertex)) ?? { from: 0, size: slots }
      const place = from + Math.floor((subtask * size) / vertex.parallelism)
      return own === undefined ? executorOfSlot(place) : place
    },
  }
}

interface Range {
  readonly from: number
  readonly size: number
}

/** In the order in which the groups appear in the job. */
function slotsOfGroups(vertices: readonly JobVertex[]): ReadonlyMap<string, Range> {
  const sizes = new Map<string, number>()
  for (const vertex of vertices) sizes.set(groupOf(vertex), Math.max(sizes.get(groupOf(vertex)) ?? 0, vertex.parallelism))
  return sideBySide([...sizes], 0).ranges
}

function sideBySide<K>(sizes: readonly (readonly [K, number])[], start: number): { readonly ranges: ReadonlyMap<K, Range>; readonly end: number } {
  let from = start
  const ranges = new Map<K, Range>()
  for (const [name, size] of sizes) {
    ranges.set(name, { from, size })
    from += size
  }
  return { ranges, end: from }
}

function groupOf({ slotSharingGroup = 'default' }: JobVertex): string {
  return slotSharingGroup
}
