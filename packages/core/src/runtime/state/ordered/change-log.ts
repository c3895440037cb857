import { byteString } from './byte-order.ts'
import { prefixOf } from './write-behind-store.ts'

/** A string of the key's bytes, its place in a set, and its share of the maps. */
const KEY_BYTES = 80

interface Generation {
  /** What ChangeEpochs.written was at the barrier that ended it; Infinity before. */
  barrier: number
  /** By table and key group: store keys, one character a byte. */
  readonly keys: Map<number, Set<string>>
  bytes: number
}

/**
 * Which keys of the store have been written since a barrier: what an incremental snapshot looks at. Entries that are dirty in the
 * cache are known by their stamps and come here when they are written, or kept for a snapshot.
 */
export class ChangeLog {
  /** More has changed since the last barrier than is held: the next snapshot must be a full one. */
  overflowed = false
  readonly #maxBytes: number
  #generations: Generation[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A barrier. From now on only changes after `base` count; -Infinity for a full snapshot, which later ones build on. */
  begin(barrier: number, base: number): void {
    const last = this.#generations.at(-1)
    if (last !== undefined) last.barrier = barrier
    this.#generations = base === -Infinity ? [] : this.#generations.filter((each) => each.barrier > base)
    this.#generations.push({ barrier: Infinity, keys: new Map(), bytes: 0 })
    this.overflowed = false
  }

  /** `current`: the change came after the last barrier, not before it. Before the first one nothing need be known. */
  add(key: Uint8Array, current: boolean): void {
    const generation = this.#generations.at(current ? -1 : -2)
    if (generation === undefined || (current && this.overflowed)) return
    const prefix = prefixOf(key)
    let keys = generation.keys.get(prefix)
    if (keys === undefined) generation.keys.set(prefix, (keys = new Set()))
    const { size } = keys
    keys.add(byteString(key))
    if (keys.size === size) return
    generation.bytes += KEY_BYTES + key.length
    if (current) this.overflowed = this.#generations.reduce((sum, { bytes }) => sum + bytes, 0) > this.#maxBytes
  }

  /** Store keys of a table and key group that changed between the base and the last barrier. */
  changed(prefix: Uint8Array): Iterable<string> {
    const found = this.#generations.slice(0, -1).flatMap(({ keys }) => keys.get(prefixOf(prefix)) ?? [])
    return found.length > 1 ? new Set(found.flatMap((keys) => [...keys])) : (found[0] ?? [])
  }
}
