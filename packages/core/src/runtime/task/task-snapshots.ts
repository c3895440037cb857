import { MillraceError } from '../../errors.ts'
import type { CheckpointStore, StateOutput } from '../../spi/checkpoint-storage.ts'
import type { KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../types/key-group.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { KeyedStateFiles } from '../checkpoint/checkpoint-metadata.ts'
import { SnapshotChain } from '../checkpoint/snapshot-chain.ts'
import { writeKeyedSnapshot } from '../checkpoint/snapshot-file.ts'
import type { OperatorSnapshot, TaskSnapshot } from '../protocol.ts'
import type { ChainMember } from './operator-chain.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** Takes the snapshots of one task, one after the other. */
export class TaskSnapshots {
  readonly #environment: TaskEnvironment
  readonly #signal: AbortSignal
  /** By position of the operator. */
  readonly #chains = new Map<number, SnapshotChain>()

  /** Aborting the signal gives up what is not written yet. */
  constructor(environment: TaskEnvironment, signal: AbortSignal) {
    this.#environment = environment
    this.#signal = signal
  }

  /** Takes the copies of all operators' state at once, in this call, and writes them afterwards in slices while the task goes on. */
  take(members: readonly ChainMember[], barrier: Barrier, finished: boolean): Promise<TaskSnapshot> {
    const { checkpointId, incremental } = barrier
    const cuts = members.map((member, index) => ({
      member,
      operatorState: member.operatorState.snapshot(),
      keyed: member.keyedState?.snapshot(checkpointId, incremental && this.#chainOf(index).baseFor(incremental.since)),
    }))
    return (async () => {
      const operators: OperatorSnapshot[] = []
      let sizeBytes = 0
      try {
        for (const [index, { member, operatorState, keyed }] of cuts.entries()) {
          const { uid, name } = member
          const files = keyed === undefined ? undefined : await this.#write(index, member, barrier, keyed)
          sizeBytes += (operatorState?.length ?? 0) + (files?.handle.sizeBytes ?? 0)
          operators.push({ uid, name, keyed: files, operatorState })
        }
      } finally {
        for (const { keyed } of cuts) keyed?.release()
      }
      return { operators, finished, sizeBytes }
    })()
  }

  async #write(index: number, { uid, name }: ChainMember, barrier: Barrier, snapshot: KeyedStateSnapshot): Promise<KeyedStateFiles> {
    const { vertex, deployment } = this.#environment
    const { subtaskIndex } = deployment
    const { checkpointId } = barrier
    const isShared = barrier.incremental !== undefined
    const output = await this.#open(barrier, `${vertex.id}-${index}-${subtaskIndex}`)
    const written = writeKeyedSnapshot(snapshot, output, () => this.#pause(), isShared ? checkpointId : undefined)
    const handle = await written.catch((error: unknown) => {
      throw MillraceError.is(error) ? error.located({ operator: name, uid, subtask: subtaskIndex }) : error
    })
    const keyGroups = computeKeyGroupRangeForOperatorIndex(vertex.maxParallelism, vertex.parallelism, subtaskIndex)
    const base = isShared ? this.#chainOf(index).add(checkpointId, snapshot.since, handle) : []
    return { handle, keyGroups, ...(base.length === 0 ? {} : { base }) }
  }

  #open({ checkpointId, savepoint, incremental }: Barrier, name: string): Promise<StateOutput> {
    const store = this.#environment.checkpointStore as CheckpointStore
    if (incremental === undefined || store.createSharedOutput === undefined) return store.createStateOutput(checkpointId, name, savepoint)
    // the next attempt may use the same checkpoint ids
    return store.createSharedOutput(checkpointId, `${name}-${this.#environment.deployment.attempt}`)
  }

  #pause(): Promise<void> {
    return new Promise((resolve, reject) => this.#environment.clock.immediate(() => (this.#signal.aborted ? reject(this.#signal.reason) : resolve())))
  }

  #chainOf(index: number): SnapshotChain {
    let chain = this.#chains.get(index)
    if (chain === undefined) this.#chains.set(index, (chain = new SnapshotChain()))
    return chain
  }
}
