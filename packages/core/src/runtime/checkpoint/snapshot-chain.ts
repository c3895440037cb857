import type { StateHandle } from '../../spi/checkpoint-storage.ts'

/** A chain that has so many files with changes is replaced: a restore opens them all. */
const MAX_CHANGES = 16
/** So is one whose changes together are this share of the full snapshot they build on. */
const MAX_CHANGES_SHARE = 0.5

/**
 * The files that the checkpoints of one operator and subtask consist of, in this attempt: a full snapshot, and the changes since,
 * checkpoint by checkpoint. Decides when it is time for a full one again, which is how a chain is compacted.
 */
export class SnapshotChain {
  /** By checkpoint, the oldest file first. */
  readonly #files = new Map<number, readonly StateHandle[]>()

  /** What the next snapshot need only hold the changes since; undefined for a full one. `completed`: the newest completed checkpoint. */
  baseFor(completed: number | undefined): number | undefined {
    if (completed === undefined) return undefined
    // nothing builds on those before it any more
    for (const checkpointId of this.#files.keys()) if (checkpointId < completed) this.#files.delete(checkpointId)
    const files = this.#files.get(completed)
    return files === undefined || isLong(files) ? undefined : completed
  }

  /** Takes in the file of a checkpoint, with changes since `since`. Returns those it builds on. */
  add(checkpointId: number, since: number | undefined, handle: StateHandle): readonly StateHandle[] {
    const base = since === undefined ? [] : (this.#files.get(since) ?? [])
    this.#files.set(checkpointId, [...base, handle])
    return base
  }
}

function isLong([full, ...changes]: readonly StateHandle[]): boolean {
  const changedBytes = changes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return changes.length >= MAX_CHANGES || changedBytes > MAX_CHANGES_SHARE * (full?.sizeBytes ?? 0)
}
