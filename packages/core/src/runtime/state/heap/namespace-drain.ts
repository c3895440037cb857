import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { NamespaceCursor } from '../../../spi/state-table.ts'
import type { KeyedEntry } from './entry.ts'

/** The maps of one namespace, by key group minus the first of the subtask. */
export interface NamespaceGroups<V> {
  readonly namespace: Namespace
  readonly maps: (Map<StateKey, KeyedEntry<StateKey, V>> | undefined)[]
  /** Entries in all maps, those already passed by a drain included until `settle`. */
  size: number
}

/** What a drain tells the table it empties. */
export interface DrainOwner<V> {
  readonly firstKeyGroup: number
  /** The whole map of a key group was passed: it is gone from `groups`, its values unchanged. */
  passed(keyGroup: number, groups: NamespaceGroups<V>, map: Map<StateKey, KeyedEntry<StateKey, V>>): void
  /** Drops entries passed in a map that is not finished. */
  drop(keyGroup: number, groups: NamespaceGroups<V>, entry: KeyedEntry<StateKey, V>): void
  /** Nothing is left in `groups`, or nothing that the drain would still pass. */
  ended(groups: NamespaceGroups<V>): void
}

/**
 * Empties a namespace map by map. Deleting from a map costs a probe per entry, so a map stays whole while it is passed
 * and is dropped at its end; `settle` deletes what was passed so far when somebody is about to look at the namespace.
 */
export class NamespaceDrain<V> implements NamespaceCursor<V> {
  keyGroup = -1
  key: StateKey = ''
  value: V = undefined as V
  readonly groups: NamespaceGroups<V>
  readonly #owner: DrainOwner<V>
  #index = -1
  #entries: Iterator<KeyedEntry<StateKey, V>> | undefined
  #passed = 0
  #eager = false
  #ended = false

  constructor(groups: NamespaceGroups<V>, owner: DrainOwner<V>) {
    this.groups = groups
    this.#owner = owner
  }

  next(): boolean {
    for (;;) {
      const step = this.#entries?.next()
      if (step !== undefined && step.done !== true) {
        this.key = step.value.key
        this.value = step.value.value
        this.#passed++
        if (this.#eager) this.settle()
        return true
      }
      if (!this.#nextMap()) return false
    }
  }

  /** Another drain begins: from now on nobody asks this one to settle, so it deletes entry by entry. */
  supersede(): void {
    this.settle()
    this.#eager = true
  }

  /** Deletes the entries passed in the current map; the cursor goes on with those left. */
  settle(): void {
    const map = this.groups.maps[this.#index]
    if (map === undefined || this.#passed === 0) return
    for (const entry of map.values()) {
      this.#owner.drop(this.keyGroup, this.groups, entry)
      if (--this.#passed === 0) break
    }
    this.#entries = map.values()
    if (this.groups.size === 0) this.#owner.ended(this.groups)
  }

  #nextMap(): boolean {
    if (this.#ended) return false
    const { maps } = this.groups
    const map = maps[this.#index]
    if (this.#entries !== undefined && map !== undefined) {
      maps[this.#index] = undefined
      this.groups.size -= map.size
      this.#passed = 0
      this.#owner.passed(this.keyGroup, this.groups, map)
    }
    this.#entries = undefined
    while (++this.#index < maps.length) {
      const next = maps[this.#index]
      if (next === undefined) continue
      this.keyGroup = this.#owner.firstKeyGroup + this.#index
      this.#entries = next.values()
      return true
    }
    this.#ended = true
    this.#owner.ended(this.groups)
    return false
  }
}
