import { MillraceError } from '../../errors.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { ChainMember } from './operator-chain.ts'
import type { TaskEnvironment } from './task-environment.ts'
import type { TaskOutput } from './task-output.ts'
import { TaskSnapshots } from './task-snapshots.ts'

/** A task's part in checkpoints: it passes barriers on, takes its snapshot, says what became of it, and lets its operators commit. */
export class TaskCheckpoints {
  readonly #environment: TaskEnvironment
  readonly #output: TaskOutput
  readonly #signal: AbortSignal
  readonly #snapshots: TaskSnapshots
  #writing: Promise<void> = Promise.resolve()

  /** Aborting the signal gives up snapshots that are not written yet. */
  constructor(environment: TaskEnvironment, output: TaskOutput, signal: AbortSignal) {
    this.#environment = environment
    this.#output = output
    this.#signal = signal
    this.#snapshots = new TaskSnapshots(environment, signal)
  }

  /** Resolves at the cut, after which the task may go on: the snapshot is written and reported later. */
  async perform(members: readonly ChainMember[], barrier: Barrier, isFinished: () => boolean): Promise<void> {
    const { report, deployment } = this.#environment
    const { checkpointId } = barrier
    // The copies of a checkpoint that was given up may still be on their way to storage; there is one cut at a time.
    await this.#writing
    for (const { operator } of members) await operator.prepareSnapshot?.(checkpointId)
    this.#output.emitBarrier(barrier)
    for (const { operator } of members) await operator.snapshot?.(checkpointId)
    this.#writing = this.#snapshots.take(members, barrier, isFinished()).then(
      (snapshot) => report({ kind: 'checkpointAck', taskId: deployment.taskId, checkpointId, snapshot }),
      (error: unknown) => this.decline(checkpointId, error),
    )
  }

  async complete(members: readonly ChainMember[], checkpointId: number): Promise<void> {
    for (const { operator, keyedState } of members) {
      keyedState?.notifyCheckpointComplete?.(checkpointId)
      await operator.notifyCheckpointComplete?.(checkpointId)
    }
  }

  abort(members: readonly ChainMember[], checkpointId: number): void {
    for (const { operator, keyedState } of members) {
      operator.notifyCheckpointAborted?.(checkpointId)
      keyedState?.notifyCheckpointAborted?.(checkpointId)
    }
  }

  /** Says why there will be no snapshot; a task that has failed or is closed says nothing more. */
  decline(checkpointId: number, error: unknown): void {
    if (this.#signal.aborted) return
    const { report, deployment } = this.#environment
    report({ kind: 'checkpointDeclined', taskId: deployment.taskId, checkpointId, error: MillraceError.toWire(error) })
  }

  /** Resolves when the last snapshot has been written, or given up. */
  settled(): Promise<void> {
    return this.#writing
  }
}
