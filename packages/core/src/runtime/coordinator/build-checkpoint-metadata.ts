import type { JobGraph, JobVertex } from '../../graph/job-graph.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { CheckpointMetadata, OperatorMetadata, SubtaskState } from '../checkpoint/checkpoint-metadata.ts'
import type { TaskId, TaskSnapshot } from '../protocol.ts'

/** Turns the tasks' answers round: from operators by subtask to subtasks by operator. */
export function buildCheckpointMetadata(
  graph: JobGraph,
  barrier: Barrier,
  snapshots: ReadonlyMap<TaskId, TaskSnapshot>,
  enumerators: ReadonlyMap<string, { readonly version: number; readonly bytes: Uint8Array }>,
  taskIdOf: (vertex: JobVertex, subtask: number) => TaskId,
): CheckpointMetadata {
  const operators = graph.vertices.flatMap((vertex): OperatorMetadata[] => {
    const tasks = Array.from({ length: vertex.parallelism }, (_, subtask) => snapshots.get(taskIdOf(vertex, subtask)))
    return vertex.operators.map(({ uid, node }) => ({
      uid,
      name: node.name,
      maxParallelism: vertex.maxParallelism,
      subtasks: tasks.map((task): SubtaskState => {
        const operator = task?.operators.find((candidate) => candidate.uid === uid)
        return { finished: task?.finished ?? false, keyed: operator?.keyed, operatorState: operator?.operatorState }
      }),
      enumerator: enumerators.get(uid),
    }))
  })
  return { jobName: graph.jobName, checkpointId: barrier.checkpointId, timestampMs: barrier.timestampMs, savepoint: barrier.savepoint !== undefined, operators }
}
