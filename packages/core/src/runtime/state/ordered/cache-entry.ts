import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { CachedTable } from './cached-table.ts'

/** Where an entry is found. `userKey` is that of map state, the timestamp of a timer, undefined otherwise. */
export interface EntryPosition {
  keyGroup: number
  key: StateKey
  namespace: Namespace
  userKey: unknown
}

export const CLEAN = -1

/** Whether the store holds a key, in this or an older version. */
export const STORED = { no: 0, unknown: 1, yes: 2 } as const
export type Stored = (typeof STORED)[keyof typeof STORED]

/**
 * One entry of a table as the cache holds it: also one that is known not to exist, or no longer. Entries that leave the cache are
 * used again for others: most live too long to be young garbage, and cost as much as all the rest of a miss to collect.
 */
export class CacheEntry implements EntryPosition {
  table!: CachedTable
  keyGroup = 0
  key: StateKey = ''
  namespace: Namespace = null
  userKey: unknown
  /** Undefined when there is none. */
  value: unknown
  stored: Stored = STORED.no
  /** Stamp of the last change while it is dirty; see ChangeEpochs. */
  epoch = 0
  /** Index among the dirty entries of its table and key group, or CLEAN. */
  dirtyAt: number = CLEAN
  /** Number of the last flight to the store that had it. */
  flight = 0
  /** Index among all entries of the cache. */
  slot = -1
  /** Used since the clock hand last passed. */
  referenced = true
  bytes = 0

  /** What a new one, or one that has left the cache, is from now on. */
  become(table: CachedTable, { keyGroup, key, namespace, userKey }: EntryPosition, value: unknown, stored: Stored, epoch: number): void {
    this.table = table
    this.keyGroup = keyGroup
    this.key = key
    this.namespace = namespace
    this.userKey = userKey
    this.value = value
    this.stored = stored
    this.epoch = epoch
    this.flight = 0
    this.referenced = true
    this.bytes = 0
  }
}
