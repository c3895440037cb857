import type { SourceSplit } from '../../spi/source.ts'

interface Assignment {
  readonly subtask: number
  readonly splits: readonly SourceSplit[]
}

/**
 * Remembers which splits went to which subtask since the last completed checkpoint: a reader restored from it does not hold
 * them, so they go back to the enumerator (FLIP-27's SplitAssignmentTracker).
 */
export class SplitAssignments {
  #current: Assignment[] = []
  /** By the checkpoint that was triggered after them. */
  readonly #triggered: Map<number, readonly Assignment[]> = new Map()

  add(subtask: number, splits: readonly SourceSplit[]): void {
    this.#current.push({ subtask, splits })
  }

  /** What was assigned before is part of the readers' state in this checkpoint, should it complete. */
  checkpointTriggered(checkpointId: number): void {
    if (this.#current.length === 0) return
    this.#triggered.set(checkpointId, this.#current)
    this.#current = []
  }

  checkpointCompleted(checkpointId: number): void {
    for (const id of this.#triggered.keys()) if (id <= checkpointId) this.#triggered.delete(id)
  }

  /** In the order of assignment; forgets them. */
  takeBack(subtask: number): SourceSplit[] {
    const taken: SourceSplit[] = []
    const keepOthers = (assignments: readonly Assignment[]): Assignment[] =>
      assignments.filter((assignment) => {
        if (assignment.subtask === subtask) taken.push(...assignment.splits)
        return assignment.subtask !== subtask
      })
    for (const [id, assignments] of this.#triggered) this.#triggered.set(id, keepOthers(assignments))
    this.#current = keepOthers(this.#current)
    return taken
  }
}
