import type { KeyAtom } from '../types/key.ts'
import type { KeyedStateSnapshot } from './keyed-state-snapshot.ts'
import type { StateDefinition } from './state-backend.ts'
import type { MapStateTable, StateTable } from './state-table.ts'
import type { TimerQueue } from './timer-queue.ts'

/**
 * Divides a state by window or similar within a key: a number (window start), a string, or `null` for none.
 */
export type Namespace = number | string | null

/**
 * Keys reach state as atoms: a tuple key has been encoded by `toStateKey` into a string that no plain string key equals.
 */
export type StateKey = KeyAtom

/**
 * The working state of one keyed operator in one subtask. All access is synchronous and from one thread.
 * Tables and queues are created (or found again after a restore) by name while the operator opens.
 */
export interface KeyedStateBackend {
  /** The same table for the same name. Throws STATE_INCOMPATIBLE when restored state has another kind or schema that cannot be read. */
  table<V>(definition: StateDefinition): StateTable<V>
  mapTable<UK, UV>(definition: StateDefinition): MapStateTable<UK, UV>
  timers(name: string): TimerQueue
  /**
   * The synchronous part of a snapshot: O(number of tables), never O(entries). Everything written afterwards is not part
   * of it. At most one snapshot at a time; the caller reads it to the end or calls `release`.
   *
   * `since`, only on a backend opened with `incremental`: an earlier checkpoint that has completed, so that the snapshot need
   * hold only what changed since its barrier, whatever was snapshot in between. Named again never is one older than that. A
   * backend that cannot tell (any longer) answers with a full snapshot.
   */
  snapshot(checkpointId: number, since?: number): KeyedStateSnapshot
  /**
   * Called before a batch of input: a promise is awaited before the batch is processed, so that a backend whose reads take their
   * time has what they need in memory, and one whose writes do can catch up. `keys` are those of the batch, computed as they are
   * asked for, some of them twice; none when the operator is chained behind another one, which calls it record by record: a backend
   * that cannot read without them needs `optimizer: { chaining: false }`. Default: nothing to do.
   */
  prefetch?(keys: Iterable<StateKey>): Promise<void> | undefined
  notifyCheckpointComplete?(checkpointId: number): void
  notifyCheckpointAborted?(checkpointId: number): void
  /** Names of restored states that no operator has registered, asked once it is open: they are dropped with the first snapshot. */
  unclaimedStates?(): readonly string[]
  /** Number of entries in all tables, for tests and metrics; may walk. */
  entryCount(): number
  close(): void | Promise<void>
}
