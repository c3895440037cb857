import { MillraceError } from '../../errors.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../types/key-group.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import { writeKeyedSnapshot } from '../checkpoint/snapshot-file.ts'
import type { OperatorSnapshot, TaskSnapshot } from '../protocol.ts'
import type { ChainMember } from './operator-chain.ts'
import type { TaskEnvironment } from './task-environment.ts'

/**
 * Takes the copies of all operators' state at once, in this call, and writes them afterwards in slices while the task goes
 * on. Aborting the signal gives the rest up.
 */
export function snapshotTask(members: readonly ChainMember[], barrier: Barrier, environment: TaskEnvironment, finished: boolean, signal: AbortSignal): Promise<TaskSnapshot> {
  const { deployment, clock } = environment
  const store = environment.checkpointStore as CheckpointStore
  const cuts = members.map((member) => ({ member, operatorState: member.operatorState.snapshot(), keyed: member.keyedState?.snapshot(barrier.checkpointId) }))
  const pause = (): Promise<void> =>
    new Promise((resolve, reject) => clock.immediate(() => (signal.aborted ? reject(signal.reason) : resolve())))
  return (async () => {
    const operators: OperatorSnapshot[] = []
    let sizeBytes = 0
    try {
      for (const [index, { member, operatorState, keyed }] of cuts.entries()) {
        const { uid, name } = member
        sizeBytes += operatorState?.length ?? 0
        if (keyed === undefined) {
          operators.push({ uid, name, keyed: undefined, operatorState })
          continue
        }
        const file = `${environment.vertex.id}-${index}-${deployment.subtaskIndex}`
        const output = await store.createStateOutput(barrier.checkpointId, file, barrier.savepoint)
        const handle = await writeKeyedSnapshot(keyed, output, pause).catch((error: unknown) => {
          throw MillraceError.is(error) ? error.located({ operator: name, uid, subtask: deployment.subtaskIndex }) : error
        })
        sizeBytes += handle.sizeBytes
        operators.push({ uid, name, keyed: { handle, keyGroups: keyGroupsOf(environment) }, operatorState })
      }
    } finally {
      for (const { keyed } of cuts) keyed?.release()
    }
    return { operators, finished, sizeBytes }
  })()
}

function keyGroupsOf({ vertex, deployment }: TaskEnvironment): { readonly start: number; readonly end: number } {
  return computeKeyGroupRangeForOperatorIndex(vertex.maxParallelism, vertex.parallelism, deployment.subtaskIndex)
}
