import type { StoreWrite } from '../../../spi/ordered-store.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import { CacheEntry, CLEAN, STORED } from './cache-entry.ts'
import type { EntryPosition, Stored } from './cache-entry.ts'
import type { CachedTable } from './cached-table.ts'
import type { OrderedCut } from './ordered-cut.ts'
import type { WriteBehindStore } from './write-behind-store.ts'

/** Entry object, map slot, place in the clock: what an entry takes besides key and value. */
const ENTRY_BYTES = 200
/** Objects take more than their bytes on disk; by measurement of small rows. */
const BYTES_PER_STORED_BYTE = 3

/** Entries written together. One batch costs a flush of about 2 ms. */
const BATCH_ENTRIES = 1024
/** How far the hand looks ahead for cold entries to write together. */
const LOOK_AHEAD = 4 * BATCH_ENTRIES
/** What a write takes at first; more is found when it is needed. */
const TYPICAL_WRITE_BYTES = 64
/** Entry objects that wait to be used again. */
const MAX_UNUSED = 6 * BATCH_ENTRIES

/**
 * A write-back cache with CLOCK replacement (Corbató, "A paging experiment with the Multics system", 1968): a hand goes round
 * over a flat array, drops what was not used since its last round and spares the rest once. Ahead of it goes one that writes what is
 * dirty, as in 4.3BSD's two-handed clock (Leffler et al., 1989), and the hand waits for it: if it went on, it would soon be round,
 * before what is in use had been used again. An LRU on a Map, which deletes and reinserts with every access, is slower than no
 * cache at all.
 */
export class StateCache {
  bytes = 0
  dirtyEntries = 0
  readonly cut: OrderedCut
  readonly store: WriteBehindStore
  readonly #budgetBytes: number
  readonly #entries: CacheEntry[] = []
  readonly #unused: CacheEntry[] = []
  #hand = 0
  /** Entries from the hand on in which cold ones have been looked for. */
  #swept = 0
  /** More must leave the cache than is being written. */
  #mustWait = false

  constructor(store: WriteBehindStore, cut: OrderedCut, budgetBytes: number) {
    this.store = store
    this.cut = cut
    this.#budgetBytes = budgetBytes
  }

  get size(): number {
    return this.#entries.length
  }

  /** Takes an entry in and makes room for it. `storedBytes` is what key and value take in the store, at least about. */
  admit(table: CachedTable, at: EntryPosition, value: unknown, stored: Stored, storedBytes: number): CacheEntry {
    const entry = this.#unused.pop() ?? new CacheEntry()
    entry.become(table, at, value, stored, this.cut.epochs.written)
    table.index.set(entry)
    entry.slot = this.#entries.length
    this.#entries.push(entry)
    this.#resize(entry, storedBytes)
    if (this.bytes > this.#budgetBytes) this.#evict(entry)
    return entry
  }

  /** Waits until the cache keeps to its budget, but for what is being written; undefined if it does. */
  relieve(): Promise<void> | undefined {
    return this.#mustWait ? this.#settle() : undefined
  }

  async #settle(): Promise<void> {
    while (this.#mustWait) {
      await this.store.settled()
      this.#evict(undefined)
    }
  }

  /** Must be called before an entry's value changes: the old one may be needed. */
  touch(entry: CacheEntry): void {
    if (entry.epoch !== this.cut.epoch) this.#stamp(entry)
    if (entry.dirtyAt !== CLEAN) return
    const dirty = entry.table.dirty(entry.keyGroup)
    entry.dirtyAt = dirty.length
    dirty.push(entry)
    this.dirtyEntries++
  }

  #stamp(entry: CacheEntry): void {
    const { cut } = this
    const { created } = cut.epochs
    if (entry.epoch === created) return
    cut.preserve(entry)
    entry.epoch = entry.value === undefined && entry.stored === STORED.no ? created : cut.epoch
  }

  /** The store may not have the entry as it was last written: until then only the cache knows it. */
  isInFlight(entry: CacheEntry): boolean {
    return entry.flight > this.store.settledFlights
  }

  /** Forgets an entry that is clean, or that the store need not hear of, and not in flight. */
  drop(entry: CacheEntry): void {
    this.#clean(entry)
    entry.table.forget(entry)
    const last = this.#entries.pop() as CacheEntry
    if (last !== entry) {
      this.#entries[entry.slot] = last
      last.slot = entry.slot
    }
    this.bytes -= entry.bytes
    // the slot that is gone lay so far ahead
    if (this.#swept > this.#entries.length - this.#hand) this.#swept--
    // a hand at the end of a shrunken array begins anew
    if (this.#hand >= this.#entries.length) this.#hand = 0
    if (this.#unused.length === MAX_UNUSED) return
    entry.value = undefined
    this.#unused.push(entry)
  }

  clear(): void {
    this.#entries.length = 0
    this.bytes = 0
    this.dirtyEntries = 0
  }

  /** All but `admitted`, which is about to be used. Nothing can be waited for here: until writes under way are settled, the cache outgrows its budget. */
  #evict(admitted: CacheEntry | undefined): void {
    const entries = this.#entries
    this.#mustWait = false
    while (this.bytes > this.#budgetBytes && entries.length > 1) {
      const entry = entries[this.#hand] as CacheEntry
      if (entry.referenced || entry === admitted) {
        entry.referenced = false
        this.#advance()
      } else if (entry.dirtyAt === CLEAN && !this.isInFlight(entry)) this.drop(entry)
      else if (this.#enoughInFlight(entry)) return
      else if (this.store.saturated || !this.#writeColdEntries()) {
        this.#mustWait = true
        return
      }
    }
  }

  #advance(): void {
    if (++this.#hand >= this.#entries.length) this.#hand = 0
    if (this.#swept > 0) this.#swept--
  }

  /** With `entry`, which the hand is at, what is being written makes up for what the cache is beyond its budget. */
  #enoughInFlight(entry: CacheEntry): boolean {
    const typicalBytes = this.bytes / this.#entries.length
    return entry.dirtyAt === CLEAN && this.bytes - this.#budgetBytes <= this.store.unsettledWrites * typicalBytes
  }

  /** Writes the entry that the hand is at, if it is dirty, and dirty ones that it would reach next. False if there are none. */
  #writeColdEntries(): boolean {
    const entries = this.#entries
    const cold: CacheEntry[] = []
    const look = (ahead: number): void => {
      const entry = entries[(this.#hand + ahead) % entries.length] as CacheEntry
      if (entry.dirtyAt !== CLEAN && !entry.referenced) cold.push(entry)
    }
    look(0)
    let ahead = Math.max(1, this.#swept)
    for (const end = Math.min(ahead + LOOK_AHEAD, entries.length); ahead < end && cold.length < BATCH_ENTRIES; ahead++) look(ahead)
    this.#swept = ahead
    if (cold.length === 0) return false
    const batch = this.#toWrites(cold)
    this.cut.beforeWrite(batch)
    const flight = this.store.write(batch)
    for (const entry of cold) {
      entry.flight = flight
      this.#clean(entry)
      entry.stored = entry.value === undefined ? STORED.no : STORED.yes
    }
    return true
  }

  /** Keys and values of a batch lie in one buffer: one for each would cost more than writing into it. */
  #toWrites(entries: readonly CacheEntry[]): readonly StoreWrite[] {
    const output = createDataOutput(entries.length * TYPICAL_WRITE_BYTES)
    const ends: number[] = []
    for (const entry of entries) {
      entry.table.writeStoreKey(entry, output)
      ends.push(output.position)
      if (entry.value !== undefined) entry.table.writeStoreValue(entry, output)
      ends.push(output.position)
    }
    const { buffer } = output.view()
    let start = 0
    return entries.map((entry, index) => {
      const keyEnd = ends[2 * index] as number
      const end = ends[2 * index + 1] as number
      const key = new Uint8Array(buffer, start, keyEnd - start)
      const value = entry.value === undefined ? undefined : new Uint8Array(buffer, keyEnd, end - keyEnd)
      this.#measure(entry, end - start)
      this.cut.written(entry, key, value)
      start = end
      return { key, value, replaces: entry.stored === STORED.yes }
    })
  }

  #measure(entry: CacheEntry, storedBytes: number): void {
    this.#resize(entry, storedBytes)
    entry.table.typicalBytes += (storedBytes - entry.table.typicalBytes) / 16
  }

  #clean(entry: CacheEntry): void {
    if (entry.dirtyAt === CLEAN) return
    const dirty = entry.table.dirty(entry.keyGroup)
    const last = dirty.pop() as CacheEntry
    if (last !== entry) {
      dirty[entry.dirtyAt] = last
      last.dirtyAt = entry.dirtyAt
    }
    entry.dirtyAt = CLEAN
    this.dirtyEntries--
  }

  #resize(entry: CacheEntry, storedBytes: number): void {
    const bytes = ENTRY_BYTES + BYTES_PER_STORED_BYTE * storedBytes
    this.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }
}
