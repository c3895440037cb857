import type { CacheEntry, EntryPosition } from './cache-entry.ts'
import { CLEAN } from './cache-entry.ts'
import { after, compareBytes } from './byte-order.ts'
import type { CachedTable } from './cached-table.ts'
import { PAGE_ENTRIES } from './store-page.ts'

/** `value` as the store has it. */
type Candidate = readonly [key: Uint8Array, value: Uint8Array | undefined]

/**
 * Entries of a key group whose keys begin with `prefix`, ascending: those of the store, with what the cache holds in their
 * place. Stays right while entries are read, changed, removed and evicted: each is looked up when its turn comes, and what
 * was read ahead is read again after a write to the store. `dirty` are the cached entries in that range.
 */
export class EntryScan implements EntryPosition {
  readonly keyGroup: number
  key: EntryPosition['key'] = ''
  namespace: EntryPosition['namespace'] = null
  userKey: unknown = undefined
  value: unknown = undefined
  readonly #table: CachedTable
  readonly #prefix: Uint8Array
  readonly #dirty: () => Iterable<CacheEntry>
  #candidates: readonly Candidate[] = []
  #at = 0
  /** Where to go on reading, behind `#passed` if that is set. */
  #from: Uint8Array
  #passed: Uint8Array | undefined
  #next: Uint8Array | undefined
  #generation = -1
  #ended = false

  constructor(table: CachedTable, keyGroup: number, prefix: Uint8Array, dirty: () => Iterable<CacheEntry>) {
    this.keyGroup = keyGroup
    this.#table = table
    this.#prefix = prefix
    this.#dirty = dirty
    this.#from = prefix
  }

  /** Moves to the next entry, whose parts are then fields; false at the end. */
  next(): boolean {
    while (!this.#ended) {
      if (this.#generation !== this.#table.cache.store.generation) this.#fill(this.#passed === undefined ? this.#from : after(this.#passed))
      const candidate = this.#candidates[this.#at]
      if (candidate !== undefined) {
        this.#at++
        this.#passed = candidate[0]
        if (this.#take(candidate)) return true
      } else if (this.#next === undefined) this.#ended = true
      else this.skipTo(this.#next)
    }
    return false
  }

  /** Goes on at the first key not below `key`. */
  skipTo(key: Uint8Array): void {
    this.#from = key
    this.#passed = undefined
    this.#generation = -1
  }

  #take([key, value]: Candidate): boolean {
    const table = this.#table
    table.readKey(key, this)
    const cached = table.index.get(this.keyGroup, this.key, this.namespace, this.userKey)
    if (cached !== undefined) this.value = cached.value
    else this.value = value === undefined ? undefined : table.decoded(value)
    return this.value !== undefined
  }

  #fill(from: Uint8Array): void {
    const { cache } = this.#table
    this.#generation = cache.store.generation
    const { entries, next } = cache.store.page(this.#prefix, from, PAGE_ENTRIES)
    this.#next = next
    this.#at = 0
    const dirty = this.#dirtyKeys(from, next)
    this.#candidates = dirty.length === 0 ? entries : mergeCandidates(entries, dirty)
  }

  #dirtyKeys(from: Uint8Array, to: Uint8Array | undefined): Candidate[] {
    const found: Candidate[] = []
    for (const entry of this.#dirty()) {
      if (entry.dirtyAt === CLEAN || entry.value === undefined) continue
      const key = this.#table.storeKey(entry)
      if (compareBytes(key, from) >= 0 && (to === undefined || compareBytes(key, to) < 0)) found.push([key, undefined])
    }
    return found.sort((a, b) => compareBytes(a[0], b[0]))
  }
}

function mergeCandidates(stored: readonly Candidate[], dirty: readonly Candidate[]): Candidate[] {
  const merged: Candidate[] = []
  let at = 0
  for (const candidate of dirty) {
    let order = 1
    for (let item = stored[at]; item !== undefined; item = stored[at]) {
      order = compareBytes(item[0], candidate[0])
      if (order >= 0) break
      merged.push(item)
      at++
    }
    // the store has it too: its bytes are needed if the entry gets evicted before its turn
    if (order !== 0) merged.push(candidate)
  }
  for (let item = stored[at]; item !== undefined; item = stored[++at]) merged.push(item)
  return merged
}
