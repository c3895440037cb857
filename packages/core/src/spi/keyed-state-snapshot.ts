import type { TypeSchema } from '../types/type-information.ts'
import type { KeyGroupRange } from './key-group-range.ts'
import type { StateDefinition } from './state-backend.ts'

/** A state as described in a snapshot: plain data. Entries refer to it by its index in `states`. */
export interface StateMeta {
  readonly name: string
  readonly kind: StateDefinition['kind']
  readonly layout: StateDefinition['layout']
  readonly valueSchema: TypeSchema
  readonly valueSerializer: { readonly id: string; readonly version: number }
  readonly userKeySchema?: TypeSchema
}

/** Entries of one key group in the canonical entry encoding (docs/snapshot-format.md); may be one of several parts of that group. */
export interface KeyGroupChunk {
  readonly keyGroup: number
  /** Whoever keeps them copies them: their memory may be used again for the next chunk. */
  readonly bytes: Uint8Array
  readonly entries: number
  /** Whether the task is to have its turn before the next chunk. Default: after every 2000 entries, and after a chunk without any. */
  readonly endsSlice?: boolean
  /**
   * Settles, and never rejects, when the next chunk can be had without taking the task's time for reading it. Who cannot wait asks
   * for the next one at once.
   */
  readonly nextRead?: Promise<void>
  /**
   * What has gone since the snapshot that this one builds on, in the canonical encoding of removals: applied to that one before
   * the entries of this one are. Absent: nothing.
   */
  readonly removals?: Uint8Array
}

/** A consistent view of one operator's keyed state at a barrier. */
export interface KeyedStateSnapshot {
  readonly states: readonly StateMeta[]
  /** The checkpoint that this snapshot holds the changes since. Absent: it holds everything. */
  readonly since?: number
  /**
   * The entries, ascending by key group, in slices of at most a few milliseconds each (about 2000 entries): the caller lets the
   * task work between two of them. Ends with the snapshot released.
   */
  chunks(): Iterable<KeyGroupChunk>
  /** Gives the snapshot up; no-op after the end of `chunks`. */
  release(): void
}

/** One stored snapshot to restore from, limited to the key groups of the new subtask. */
export interface KeyedStateReader {
  readonly states: readonly StateMeta[]
  readonly keyGroups: KeyGroupRange
  /** Canonical entries of one key group, checksum verified. Empty when it has none. */
  read(keyGroup: number): Promise<Uint8Array>
}
