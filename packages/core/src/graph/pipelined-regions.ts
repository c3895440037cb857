import { targetSubtasks } from './channel-topology.ts'
import type { JobGraph, JobVertex } from './job-graph.ts'

export interface Subtask {
  readonly vertex: JobVertex
  readonly index: number
}

/**
 * The sets of subtasks that exchange records, directly or through others. When one subtask fails, what it has sent and
 * received since the last checkpoint is lost to its neighbours too, so a region restarts as a whole, and no other has to
 * (the pipelined regions of FLIP-1). In order of the vertices and subtasks.
 */
export function pipelinedRegions(graph: JobGraph): readonly (readonly Subtask[])[] {
  const offsets = graph.vertices.map((_, id) => graph.vertices.slice(0, id).reduce((sum, { parallelism }) => sum + parallelism, 0))
  const subtasks = graph.vertices.flatMap((vertex) => Array.from({ length: vertex.parallelism }, (_, index): Subtask => ({ vertex, index })))
  const parents = subtasks.map((_, number) => number)
  const rootOf = (number: number): number => {
    let root = number
    while (parents[root] !== root) root = parents[root] as number
    parents[number] = root
    return root
  }
  for (const { sourceVertex, targetVertex, partitioning } of graph.edges) {
    const producers = (graph.vertices[sourceVertex] as JobVertex).parallelism
    const consumers = (graph.vertices[targetVertex] as JobVertex).parallelism
    for (let producer = 0; producer < producers; producer++) {
      for (const consumer of targetSubtasks(partitioning.kind, producer, producers, consumers)) {
        parents[rootOf((offsets[targetVertex] as number) + consumer)] = rootOf((offsets[sourceVertex] as number) + producer)
      }
    }
  }
  const regions = new Map<number, Subtask[]>()
  subtasks.forEach((subtask, number) => {
    const root = rootOf(number)
    const region = regions.get(root)
    if (region === undefined) regions.set(root, [subtask])
    else region.push(subtask)
  })
  return [...regions.values()]
}
