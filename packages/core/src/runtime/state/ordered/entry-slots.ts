import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import { keyHash } from '../../../types/key-hash.ts'
import type { CacheEntry } from './cache-entry.ts'

const LEAST_SLOTS = 16

/**
 * Cached entries by key: open addressing with linear probing and deletion by shifting back (Knuth, "The Art of Computer
 * Programming" vol. 3, section 6.4, algorithm R). Entries come and go all the time: a Map replaces its whole table after every so many
 * that went, which lives long enough to be copied by the garbage collector.
 */
export class EntrySlots {
  /** Of the entry in the same slot of `#entries`; 0 if there is none. */
  #hashes = new Int32Array(LEAST_SLOTS)
  #entries: (CacheEntry | undefined)[] = emptySlots(LEAST_SLOTS)
  #size = 0

  get(key: StateKey): CacheEntry | undefined {
    const hash = hashOf(key)
    const hashes = this.#hashes
    const mask = hashes.length - 1
    for (let slot = hash & mask; hashes[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== hash) continue
      const entry = this.#entries[slot] as CacheEntry
      if (entry.key === key || (key !== key && entry.key !== entry.key)) return entry
    }
    return undefined
  }

  /** An entry whose key is not in here. */
  add(entry: CacheEntry): void {
    if (2 * ++this.#size > this.#hashes.length) this.#grow()
    this.#place(hashOf(entry.key), entry)
  }

  /** Nothing happens if it is not in here. */
  delete(entry: CacheEntry): void {
    const hashes = this.#hashes
    const entries = this.#entries
    const mask = hashes.length - 1
    let hole = hashOf(entry.key) & mask
    for (; entries[hole] !== entry; hole = (hole + 1) & mask) if (hashes[hole] === 0) return
    for (let slot = (hole + 1) & mask; hashes[slot] !== 0; slot = (slot + 1) & mask) {
      const hash = hashes[slot] as number
      // one that would not be found from its first slot on stays
      if (((slot - hash) & mask) < ((slot - hole) & mask)) continue
      hashes[hole] = hash
      entries[hole] = entries[slot]
      hole = slot
    }
    hashes[hole] = 0
    entries[hole] = undefined
    this.#size--
  }

  #grow(): void {
    const [hashes, entries] = [this.#hashes, this.#entries]
    this.#hashes = new Int32Array(2 * hashes.length)
    this.#entries = emptySlots(2 * hashes.length)
    for (const [slot, entry] of entries.entries()) if (entry !== undefined) this.#place(hashes[slot] as number, entry)
  }

  #place(hash: number, entry: CacheEntry): void {
    const hashes = this.#hashes
    const mask = hashes.length - 1
    let slot = hash & mask
    while (hashes[slot] !== 0) slot = (slot + 1) & mask
    hashes[slot] = hash
    this.#entries[slot] = entry
  }
}

function emptySlots(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}

/** Not 0, which marks a free slot. */
function hashOf(key: StateKey): number {
  return keyHash(key) || 1
}
