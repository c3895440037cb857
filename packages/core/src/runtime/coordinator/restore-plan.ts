import { MillraceError } from '../../errors.ts'
import type { ChainedOperator, JobGraph, JobVertex } from '../../graph/job-graph.ts'
import type { OperatorKind } from '../../graph/operator-spec.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../types/key-group.ts'
import type { CheckpointMetadata, KeyedStateFiles, OperatorMetadata, SubtaskState } from '../checkpoint/checkpoint-metadata.ts'
import type { KeyedRestore, OperatorRestore, TaskRestore } from '../protocol.ts'
import { redistributeOperatorState } from '../state/redistribute-operator-state.ts'

/** What every subtask of a job starts from. */
export interface RestorePlan {
  readonly checkpointId: number
  /** Uids of operators whose state is dropped, as is allowed. */
  readonly dropped: readonly string[]
  /** The job had read and written everything: only what comes after it can be new. */
  readonly finished: boolean
  taskRestore(vertex: JobVertex, subtask: number): TaskRestore
  enumerator(uid: string): OperatorMetadata['enumerator']
}

/**
 * Matches the operators of a checkpoint with those of the job by uid and deals their state out to the subtasks of today.
 * Throws CKPT_DROPPED_STATE for state nobody claims (unless its uid is allowed), CKPT_MAX_PARALLELISM when key groups differ.
 */
export function createRestorePlan(graph: JobGraph, metadata: CheckpointMetadata, pointer: string, allowDroppedState: readonly string[]): RestorePlan {
  const operators = new Map(metadata.operators.map((operator) => [operator.uid, operator]))
  const claimed = new Set(graph.vertices.flatMap((vertex) => vertex.operators.map(({ uid }) => uid)))
  const unclaimed = metadata.operators.filter((operator) => !claimed.has(operator.uid) && holdsState(operator))
  const refused = unclaimed.filter(({ uid }) => !allowDroppedState.includes(uid))
  if (refused.length > 0) {
    const names = refused.map(({ uid, name }) => `"${uid}" (${name})`).join(', ')
    throw new MillraceError('CKPT_DROPPED_STATE', `Checkpoint ${pointer} holds state of operators that the job no longer has: ${names}. Give the operators their old uid, or drop the state with --allow-dropped-state UID`, {
      origin: 'user',
      at: { file: pointer },
    })
  }
  for (const vertex of graph.vertices) {
    for (const { uid } of vertex.operators) {
      const operator = operators.get(uid)
      if (operator === undefined || operator.maxParallelism === vertex.maxParallelism || !operator.subtasks.some(({ keyed }) => keyed !== undefined)) continue
      throw new MillraceError('CKPT_MAX_PARALLELISM', `Operator "${uid}" has ${operator.maxParallelism} key groups in ${pointer} and ${vertex.maxParallelism} in the job: the number is fixed by the first savepoint; set maxParallelism to ${operator.maxParallelism}`, {
        origin: 'user',
        at: { uid, file: pointer },
      })
    }
  }
  const operatorStates = new Map<string, readonly (Uint8Array | undefined)[]>()
  const operatorStateOf = ({ node, uid }: ChainedOperator, parallelism: number, subtask: number): Uint8Array | undefined => {
    const states = operatorStates.get(uid) ?? redistributeOperatorState(statesToDealOut(node.operator.kind, operators.get(uid)?.subtasks ?? [], parallelism), parallelism)
    operatorStates.set(uid, states)
    return states[subtask]
  }
  return {
    checkpointId: metadata.checkpointId,
    dropped: unclaimed.map(({ uid }) => uid),
    finished: metadata.operators.every(({ subtasks }) => subtasks.every(({ finished }) => finished)),
    enumerator: (uid) => operators.get(uid)?.enumerator,
    taskRestore(vertex, subtask) {
      const range = computeKeyGroupRangeForOperatorIndex(vertex.maxParallelism, vertex.parallelism, subtask)
      const restored: Record<string, OperatorRestore> = {}
      for (const operator of vertex.operators) {
        restored[operator.uid] = { keyed: keyedRestore(operators.get(operator.uid), range, pointer), operatorState: operatorStateOf(operator, vertex.parallelism, subtask) }
      }
      return { checkpointId: metadata.checkpointId, operators: restored, finished: wasFinished(vertex, operators, subtask) }
    },
  }
}

/**
 * A function's `finish` has made use of the state of its subtask. Dealt out to others it would be finished again, so it ends
 * with its subtask; in Flink too. What sources and sinks keep (splits, committables) goes on.
 */
function statesToDealOut(kind: OperatorKind, subtasks: readonly SubtaskState[], parallelism: number): (Uint8Array | undefined)[] {
  const isFunction = kind === 'process' || kind === 'coProcess' || kind === 'broadcastProcess'
  return subtasks.map(({ finished, operatorState }) => (isFunction && finished && subtasks.length !== parallelism ? undefined : operatorState))
}

function keyedRestore(operator: OperatorMetadata | undefined, range: KeyGroupRange, pointer: string): readonly KeyedRestore[] {
  return (operator?.subtasks ?? []).flatMap(({ keyed }) =>
    keyed !== undefined && keyed.keyGroups.start <= range.end && range.start <= keyed.keyGroups.end ? [restoreOf(keyed, pointer)] : [],
  )
}

function restoreOf({ handle, base }: KeyedStateFiles, pointer: string): KeyedRestore {
  return { pointer, handle, ...(base === undefined ? {} : { base }) }
}

/** With the same parallelism subtask by subtask; after rescaling only when all of them had finished. */
function wasFinished(vertex: JobVertex, operators: ReadonlyMap<string, OperatorMetadata>, subtask: number): boolean {
  return vertex.operators.every(({ uid }) => {
    const subtasks = operators.get(uid)?.subtasks ?? []
    if (subtasks.length === vertex.parallelism) return subtasks[subtask]?.finished === true
    return subtasks.length > 0 && subtasks.every(({ finished }) => finished)
  })
}

function holdsState(operator: OperatorMetadata): boolean {
  return operator.enumerator !== undefined || operator.subtasks.some(({ keyed, operatorState }) => keyed !== undefined || operatorState !== undefined)
}
