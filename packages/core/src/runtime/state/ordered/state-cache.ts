import type { StoreWrite } from '../../../spi/ordered-store.ts'
import type { CacheEntry } from './cache-entry.ts'
import { CLEAN, STORED } from './cache-entry.ts'
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

/**
 * A write-back cache with CLOCK replacement (Corbató, "A paging experiment with the Multics system", 1968): a hand goes round
 * over a flat array, drops what was not used since its last round and spares the rest once. An LRU on a Map, which deletes
 * and reinserts with every access, is slower than no cache at all.
 */
export class StateCache {
  bytes = 0
  dirtyEntries = 0
  readonly cut: OrderedCut
  readonly store: WriteBehindStore
  readonly #budgetBytes: number
  readonly #entries: CacheEntry[] = []
  #hand = 0

  constructor(store: WriteBehindStore, cut: OrderedCut, budgetBytes: number) {
    this.store = store
    this.cut = cut
    this.#budgetBytes = budgetBytes
  }

  get size(): number {
    return this.#entries.length
  }

  /** Takes an entry in and makes room for it. `storedBytes` is what key and value take in the store, at least about. */
  admit(entry: CacheEntry, storedBytes: number): void {
    entry.slot = this.#entries.length
    this.#entries.push(entry)
    this.#resize(entry, storedBytes)
    if (this.bytes > this.#budgetBytes) this.#evict(entry)
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
    // a hand at the end of a shrunken array begins anew
    if (this.#hand >= this.#entries.length) this.#hand = 0
  }

  clear(): void {
    this.#entries.length = 0
    this.bytes = 0
    this.dirtyEntries = 0
  }

  /** All but `admitted`, which is about to be used. */
  #evict(admitted: CacheEntry): void {
    const entries = this.#entries
    let inFlight = 0
    while (this.bytes > this.#budgetBytes && entries.length > 1) {
      const entry = entries[this.#hand] as CacheEntry
      if (entry.referenced || entry === admitted) {
        entry.referenced = false
        this.#advance()
      } else if (entry.dirtyAt !== CLEAN) {
        // nothing can be waited for here: until writes under way are settled, the cache outgrows its budget
        if (this.store.saturated) return
        this.#writeColdEntries()
      } else if (this.isInFlight(entry)) {
        if (++inFlight > entries.length) return
        this.#advance()
      } else this.drop(entry)
    }
  }

  #advance(): void {
    if (++this.#hand >= this.#entries.length) this.#hand = 0
  }

  /** Writes dirty entries that the hand would reach next, the one it is at included. */
  #writeColdEntries(): void {
    const entries = this.#entries
    const batch: StoreWrite[] = []
    const written: CacheEntry[] = []
    const ahead = Math.min(LOOK_AHEAD, entries.length)
    for (let index = 0; index < ahead && batch.length < BATCH_ENTRIES; index++) {
      const entry = entries[(this.#hand + index) % entries.length] as CacheEntry
      if (entry.dirtyAt === CLEAN || entry.referenced) continue
      batch.push(this.#toWrite(entry))
      written.push(entry)
    }
    this.cut.beforeWrite(batch)
    const flight = this.store.write(batch)
    for (const entry of written) {
      entry.flight = flight
      this.#clean(entry)
      entry.stored = entry.value === undefined ? STORED.no : STORED.yes
    }
  }

  #toWrite(entry: CacheEntry): StoreWrite {
    const key = entry.table.storeKey(entry)
    const value = entry.table.encoded(entry)
    this.#resize(entry, key.length + (value?.length ?? 0))
    this.cut.written(entry, key, value)
    return { key, value, replaces: entry.stored === STORED.yes }
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
