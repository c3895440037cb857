import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { writeValueEntry } from '../entry-encoding.ts'
import type { EntryReader } from '../entry-encoding.ts'
import { writeNamespaceRemoval, writeValueRemoval } from '../removal-encoding.ts'
import { unwritableState } from '../unwritable-state.ts'
import { ChangedEntries } from './changed-entries.ts'
import { KeyedEntry } from './entry.ts'
import type { HeapBudget } from './heap-budget.ts'
import type { HeapPart } from './heap-part.ts'
import { groupIndex } from './key-namespace-map.ts'
import { NamespaceDrain } from './namespace-drain.ts'
import type { DrainOwner, NamespaceGroups } from './namespace-drain.ts'
import type { SnapshotCut } from './snapshot-cut.ts'

type Entries<V> = Map<StateKey, KeyedEntry<StateKey, V>>

/** The heap table of layout `namespace`: namespace, then key group, then key. Most lookups hit the namespace of the one before. */
export class NamespaceLayoutTable<V> implements StateTable<V>, HeapPart {
  readonly meta: StateMeta
  readonly #index: number
  readonly #serializer: AnyType['serializer']
  readonly #cut: SnapshotCut
  readonly #budget: HeapBudget
  readonly #start: number
  readonly #namespaces = new Map<Namespace, NamespaceGroups<V>>()
  #drain: NamespaceDrain<V> | undefined
  // of the last lookup; undefined means none, since null is a namespace
  #last: Namespace | undefined
  #lastMaps: NamespaceGroups<V>['maps'] = []
  readonly #drainOwner: DrainOwner<V>
  readonly #changed: ChangedEntries<KeyedEntry<StateKey, V>>

  constructor(meta: StateMeta, index: number, type: AnyType, cut: SnapshotCut, budget: HeapBudget) {
    this.meta = meta
    this.#index = index
    this.#serializer = type.serializer
    this.#cut = cut
    this.#budget = budget
    this.#start = cut.range.start
    this.#drainOwner = this.#createDrainOwner()
    this.#changed = new ChangedEntries(cut.range, budget)
    cut.trackChanges(this.#changed)
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    return this.#find(keyGroup, key, namespace)?.value
  }

  getForUpdate(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    const entry = this.#find(keyGroup, key, namespace)
    if (entry === undefined) return undefined
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, namespace, entry)
    return entry.value
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, value: V): void {
    const entry = this.#find(keyGroup, key, namespace)
    if (entry !== undefined) {
      if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, namespace, entry)
      entry.value = value
      return
    }
    const index = groupIndex(this.#cut.range, keyGroup)
    let groups = this.#namespaces.get(namespace)
    if (groups === undefined) {
      groups = { namespace, maps: Array.from({ length: this.#cut.range.end - this.#start + 1 }, () => undefined), size: 0 }
      this.#namespaces.set(namespace, groups)
    }
    const entries = (groups.maps[index] ??= new Map())
    const created = new KeyedEntry(key, value, this.#cut.created)
    entries.set(key, created)
    groups.size++
    this.#budget.added(key, value)
    if (this.#cut.tracksChanges) this.#changed.note(keyGroup, key, namespace, created)
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace): void {
    const entry = this.#find(keyGroup, key, namespace)
    const groups = this.#namespaces.get(namespace)
    if (entry === undefined || groups === undefined) return
    this.#drop(keyGroup, groups, entry)
    if (groups.size === 0) this.#forget(namespace)
  }

  drain(namespace: Namespace): NamespaceCursor<V> {
    this.#drain?.supersede()
    this.#last = undefined
    const groups = this.#namespaces.get(namespace) ?? { namespace, maps: [], size: 0 }
    this.#drain = new NamespaceDrain(groups, this.#drainOwner)
    return this.#drain
  }

  namespaces(): Iterable<Namespace> {
    this.#settle()
    return [...this.#namespaces.keys()]
  }

  *scan(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey, value: V]> {
    this.#settle()
    const maps = this.#namespaces.get(namespace)?.maps ?? []
    for (let index = 0; index < maps.length; index++) {
      for (const entry of maps[index]?.values() ?? []) yield [this.#start + index, entry.key, entry.value]
    }
  }

  namespacesOf(keyGroup: number, key: StateKey): Iterable<Namespace> {
    this.#settle()
    const index = keyGroup - this.#start
    return [...this.#namespaces.values()].filter((groups) => groups.maps[index]?.has(key) === true).map((groups) => groups.namespace)
  }

  beforeSnapshot(): void {
    this.#settle()
  }

  *walk(keyGroup: number): Generator<void> {
    if (this.#changed.knows(keyGroup)) {
      yield* this.#walkChanges(keyGroup)
      return
    }
    for (const { namespace, maps } of this.#namespaces.values()) {
      const entries = maps[keyGroup - this.#start]
      if (entries !== undefined) yield* this.#walkEntries(keyGroup, namespace, entries)
    }
  }

  load(keyGroup: number, reader: EntryReader, readValue: ValueReader | undefined): void {
    const key = reader.readKey()
    const namespace = reader.readNamespace()
    this.put(keyGroup, key, namespace, (readValue === undefined ? this.#serializer.read(reader.input) : readValue(reader.input)) as V)
  }

  #find(keyGroup: number, key: StateKey, namespace: Namespace): KeyedEntry<StateKey, V> | undefined {
    if (namespace !== this.#last && !this.#select(namespace)) return undefined
    return this.#lastMaps[keyGroup - this.#start]?.get(key)
  }

  #select(namespace: Namespace): boolean {
    // a namespace that is being drained is never the selected one: its map may hold entries that were passed
    if (this.#drain?.groups.namespace === namespace) {
      this.#drain.settle()
      this.#last = undefined
      this.#lastMaps = this.#namespaces.get(namespace)?.maps ?? []
      return true
    }
    const groups = this.#namespaces.get(namespace)
    if (groups === undefined) return false
    this.#last = namespace
    this.#lastMaps = groups.maps
    return true
  }

  #settle(): void {
    this.#drain?.settle()
  }

  #createDrainOwner(): DrainOwner<V> {
    return {
      firstKeyGroup: this.#start,
      passed: (keyGroup, groups, map) => {
        this.#budget.entries -= map.size
        if (this.#cut.tracksChanges) writeNamespaceRemoval(this.#cut.removals.output(keyGroup), this.#index, groups.namespace)
        this.#cut.detach(keyGroup, () => this.#walkEntries(keyGroup, groups.namespace, map))
      },
      drop: (keyGroup, groups, entry) => this.#drop(keyGroup, groups, entry),
      ended: (groups) => {
        if (this.#drain?.groups === groups) this.#drain = undefined
        if (groups.size === 0 && this.#namespaces.get(groups.namespace) === groups) this.#forget(groups.namespace)
      },
    }
  }

  #drop(keyGroup: number, groups: NamespaceGroups<V>, entry: KeyedEntry<StateKey, V>): void {
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, groups.namespace, entry)
    if (this.#cut.tracksChanges && entry.epoch !== this.#cut.created) writeValueRemoval(this.#cut.removals.output(keyGroup), this.#index, entry.key, groups.namespace)
    groups.maps[keyGroup - this.#start]?.delete(entry.key)
    groups.size--
    this.#budget.entries--
  }

  #forget(namespace: Namespace): void {
    this.#namespaces.delete(namespace)
    if (this.#last === namespace) this.#last = undefined
  }

  *#walkEntries(keyGroup: number, namespace: Namespace, entries: Entries<V>): Generator<void> {
    const left = entries.values()
    while (this.#writeSlice(keyGroup, namespace, left)) yield
  }

  /** True if the slice ended before the entries did. In a generator the loop would leave garbage for every entry. */
  #writeSlice(keyGroup: number, namespace: Namespace, left: IterableIterator<KeyedEntry<StateKey, V>>): boolean {
    const cut = this.#cut
    for (const entry of left) {
      if (cut.epochs.needs(entry.epoch)) this.#write(keyGroup, namespace, entry)
      if (cut.endsSlice()) return true
    }
    return false
  }

  *#walkChanges(keyGroup: number): Generator<void> {
    const { epochs } = this.#cut
    for (const [key, namespace, entry] of this.#changed.since(keyGroup)) {
      const isThere = this.#namespaces.get(namespace)?.maps[keyGroup - this.#start]?.get(key) === entry
      if (isThere && epochs.needs(entry.epoch)) this.#write(keyGroup, namespace, entry)
      if (this.#cut.endsSlice()) yield
    }
  }

  /** The entry is about to change for the first time after the barrier: writes it if the snapshot in progress needs it, and stamps it. */
  #preserve(keyGroup: number, namespace: Namespace, entry: KeyedEntry<StateKey, V>): void {
    const cut = this.#cut
    if (entry.epoch === cut.created) return
    if (cut.active && cut.epochs.needs(entry.epoch)) this.#write(keyGroup, namespace, entry)
    entry.epoch = cut.epoch
    if (cut.tracksChanges) this.#changed.note(keyGroup, entry.key, namespace, entry)
  }

  #write(keyGroup: number, namespace: Namespace, entry: KeyedEntry<StateKey, V>): void {
    try {
      writeValueEntry(this.#cut.output(keyGroup), this.#index, entry.key, namespace, entry.value, this.#serializer)
    } catch (error) {
      throw unwritableState(error, this.meta, entry.key)
    }
    entry.epoch = this.#cut.epochs.written
  }
}
