import { describeError } from '../errors.ts'
import type { ChainedOperator, JobGraph, JobVertex } from '../graph/job-graph.ts'
import type { OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import type { StateMeta } from '../spi/keyed-state-snapshot.ts'
import { declaredStates } from './declared-states.ts'
import type { Savepoint, SavepointOperator } from './open-savepoint.ts'
import { stateChanges } from './state-changes.ts'
import type { StateChange } from './state-changes.ts'

/** What would happen if the job started from the savepoint, as plain data. */
export interface SavepointDifference {
  readonly path: string
  readonly job: string
  /** The job would start: nothing is dropped that must be allowed first, and nothing in `problems`. */
  readonly startable: boolean
  readonly operators: readonly OperatorDifference[]
}

export interface OperatorDifference {
  readonly uid: string
  readonly name: string
  /** `dropped`: only the savepoint has it, with state; `--allow-dropped-state` is needed. `new`: only the job has it. */
  readonly change: 'matched' | 'new' | 'dropped'
  /** Only of a dropped operator without state, which nobody misses. */
  readonly stateless?: boolean
  readonly maxParallelism: { readonly before?: number; readonly now?: number }
  /** Keyed states. Absent when the operator could not be asked (see `problems`), or is a source, a sink or has none by its nature. */
  readonly states?: readonly StateChange[]
  /** Why the job would be refused. */
  readonly problems: readonly string[]
}

/**
 * Compares the operators of a job with those of a savepoint, by uid. Process functions are opened to learn what state they
 * declare, on one subtask; they see no records. Sources, sinks and asynchronous requests are not.
 */
export async function diffSavepoint(graph: JobGraph, savepoint: Savepoint): Promise<SavepointDifference> {
  const operators: OperatorDifference[] = []
  const uids = new Set<string>()
  for (const vertex of graph.vertices) {
    for (const operator of vertex.operators) {
      uids.add(operator.uid)
      const saved = savepoint.operators.find(({ uid }) => uid === operator.uid)
      if (saved !== undefined || operator.node.stateful) operators.push(await diffOperator(graph, vertex, operator, saved))
    }
  }
  for (const { uid, metadata, files } of savepoint.operators) {
    if (uids.has(uid)) continue
    const states = stateChanges(await savedStates(files), [])
    const stateless = !holdsState(metadata)
    operators.push({ uid, name: metadata.name, change: 'dropped', stateless, maxParallelism: { before: metadata.maxParallelism }, states, problems: stateless ? [] : [droppedState(uid)] })
  }
  return { path: savepoint.pointer, job: graph.jobName, startable: operators.every(({ problems }) => problems.length === 0), operators }
}

async function diffOperator(graph: JobGraph, vertex: JobVertex, operator: ChainedOperator, saved: SavepointOperator | undefined): Promise<OperatorDifference> {
  const { uid, node } = operator
  const base = { uid, name: node.name, change: saved === undefined ? 'new' : 'matched', maxParallelism: { ...(saved && { before: saved.metadata.maxParallelism }), now: vertex.maxParallelism } } as const
  const problems: string[] = []
  if (saved !== undefined && saved.metadata.maxParallelism !== vertex.maxParallelism && saved.metadata.subtasks.some(({ keyed }) => keyed !== undefined)) {
    problems.push(`it has ${saved.metadata.maxParallelism} key groups in the savepoint and ${vertex.maxParallelism} in the job; set maxParallelism to ${saved.metadata.maxParallelism}`)
  }
  try {
    const declared = await declaredStates(graph, vertex, operator, saved)
    if (declared === undefined) return { ...base, problems }
    return { ...base, states: stateChanges(saved === undefined ? [] : await savedStates(saved.files), declared.keyed), problems }
  } catch (error) {
    return { ...base, problems: [...problems, describeError(error)] }
  }
}

async function savedStates(files: SavepointOperator['files']): Promise<readonly StateMeta[]> {
  const states = new Map<string, StateMeta>()
  for await (const file of files.open()) for (const state of file.states) states.set(`${state.kind === 'timer'} ${state.name}`, state)
  return [...states.values()]
}

function holdsState({ enumerator, subtasks }: OperatorMetadata): boolean {
  return enumerator !== undefined || subtasks.some(({ keyed, operatorState }) => keyed !== undefined || operatorState !== undefined)
}

function droppedState(uid: string): string {
  return `the job has no operator with this uid; give one the uid, or drop its state with --allow-dropped-state ${uid}`
}
