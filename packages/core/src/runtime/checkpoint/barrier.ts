/**
 * Divides a stream into what belongs to a checkpoint and what comes after (Carbone et al., "Lightweight Asynchronous
 * Snapshots for Distributed Dataflows", 2015). Plain data: it crosses threads.
 */
export interface Barrier {
  readonly checkpointId: number
  readonly timestampMs: number
  /** Directory of a savepoint; undefined for a checkpoint. */
  readonly savepoint: string | undefined
  /** Sources stop after it: stop without drain. */
  readonly terminal: boolean
  /** False: channels are not blocked while others wait for their barrier (at-least-once). */
  readonly aligned: boolean
  /**
   * Snapshots may hold only what changed since the checkpoint `since`, the newest that has completed in this attempt; none yet
   * if undefined. Absent: they hold everything. Said here because news of a completed checkpoint may come later than a barrier.
   */
  readonly incremental?: { readonly since: number | undefined }
}
