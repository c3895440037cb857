/** Room between two barriers for the stamps around `changed`. */
const STEP = 4

/**
 * Tells from the stamp of an entry when it last changed, in relation to the snapshots of one backend. The numbers move on with
 * every barrier; an entry is given one of them when it changes or is written.
 *
 * | stamp | the entry |
 * |---|---|
 * | created | came into being after the last barrier: no snapshot has it (without tracking, the same as changed) |
 * | changed | has changed since the last barrier |
 * | written | is as it was at the last barrier, and the snapshot in progress has it |
 * | smaller | is as it was then, and the snapshot in progress lacks it, if it needs it |
 */
export class ChangeEpochs {
  changed: number = 0
  created: number
  written: number = -1
  readonly #tracks: boolean
  /** Stamps up to here are part of what the snapshot builds on. */
  #base = -Infinity
  /** By checkpoint, newest last: what `written` was for it. */
  readonly #barriers = new Map<number, number>()
  #lastFull = -1

  /** `tracks`: snapshots will be asked to hold only changes. */
  constructor(tracks: boolean) {
    this.#tracks = tracks
    this.created = tracks ? 1 : 0
  }

  /** What stamps were up to when the snapshot that this one builds on was taken; -Infinity for a full one. */
  get base(): number {
    return this.#base
  }

  /** There has been a barrier, so that what is removed may have to be said in a snapshot. */
  get tracksRemovals(): boolean {
    return this.#tracks && this.changed > 0
  }

  /**
   * The barrier of a checkpoint. Returns the checkpoint that its snapshot builds on: `since`, unless changes since then cannot be
   * told from others, because it is not known or a full snapshot has stamped everything since.
   */
  begin(checkpointId: number, since: number | undefined): number | undefined {
    const base = since === undefined ? undefined : this.#barriers.get(since)
    const builds = base !== undefined && base >= this.#lastFull
    this.changed += STEP
    this.written = this.changed - 1
    this.created = this.#tracks ? this.changed + 1 : this.changed
    this.#base = builds ? base : -Infinity
    if (!builds) this.#lastFull = this.written
    if (this.#tracks) {
      for (const id of this.#barriers.keys()) if (since !== undefined && id < since) this.#barriers.delete(id)
      this.#barriers.set(checkpointId, this.written)
    }
    return builds ? since : undefined
  }

  /** Nothing can be told from here back: the next snapshot is a full one. */
  forget(): void {
    this.#barriers.clear()
  }

  /** Whether the snapshot in progress must have an entry with this stamp, and lacks it. */
  needs(stamp: number): boolean {
    return stamp > this.#base && stamp < this.written
  }
}
