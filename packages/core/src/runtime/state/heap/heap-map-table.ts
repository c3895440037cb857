import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { MapStateTable } from '../../../spi/state-table.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { writeMapEntry } from '../entry-encoding.ts'
import type { EntryReader, MapEntrySerializers } from '../entry-encoding.ts'
import { writeMapEntryRemoval, writeMapRemoval } from '../removal-encoding.ts'
import { userKeySlot } from '../user-key-slot.ts'
import { unwritableState } from '../unwritable-state.ts'
import { ChangedEntries } from './changed-entries.ts'
import { KeyedEntry } from './entry.ts'
import type { HeapBudget } from './heap-budget.ts'
import type { HeapPart } from './heap-part.ts'
import { KeyNamespaceMap } from './key-namespace-map.ts'
import type { SnapshotCut } from './snapshot-cut.ts'

/** By what userKeySlot says. */
type UserEntries<UK, UV> = Map<unknown, KeyedEntry<UK, UV>>

/** The heap table of map state: every entry of a user map is stamped and written on its own. */
export class HeapMapTable<UK, UV> implements MapStateTable<UK, UV>, HeapPart {
  readonly meta: StateMeta
  readonly #index: number
  readonly #serializers: MapEntrySerializers & { readonly userKey: AnyType['serializer']; readonly value: AnyType['serializer'] }
  readonly #cut: SnapshotCut
  readonly #budget: HeapBudget
  readonly #maps: KeyNamespaceMap<UserEntries<UK, UV>>
  readonly #changed: ChangedEntries<KeyedEntry<UK, UV>>

  constructor(meta: StateMeta, index: number, userKeyType: AnyType, valueType: AnyType, cut: SnapshotCut, budget: HeapBudget) {
    this.meta = meta
    this.#index = index
    this.#serializers = { userKey: userKeyType.serializer, value: valueType.serializer }
    this.#cut = cut
    this.#budget = budget
    this.#maps = new KeyNamespaceMap(cut.range)
    this.#changed = new ChangedEntries(cut.range, budget)
    cut.trackChanges(this.#changed)
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): UV | undefined {
    return this.#maps.get(keyGroup, key, namespace)?.get(userKeySlot(userKey, this.#serializers.userKey))?.value
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK, value: UV): void {
    const slot = userKeySlot(userKey, this.#serializers.userKey)
    let map = this.#maps.get(keyGroup, key, namespace)
    if (map === undefined) {
      map = new Map()
      this.#maps.set(keyGroup, key, namespace, map)
    }
    const entry = map.get(slot)
    if (entry === undefined) {
      const created = new KeyedEntry(userKey, value, this.#cut.created)
      map.set(slot, created)
      this.#budget.added(userKey, value)
      if (this.#cut.tracksChanges) this.#changed.note(keyGroup, key, namespace, created)
      return
    }
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, key, namespace, entry)
    entry.value = value
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    const slot = userKeySlot(userKey, this.#serializers.userKey)
    const map = this.#maps.get(keyGroup, key, namespace)
    const entry = map?.get(slot)
    if (map === undefined || entry === undefined) return false
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, key, namespace, entry)
    if (this.#cut.tracksChanges && entry.epoch !== this.#cut.created) {
      writeMapEntryRemoval(this.#cut.removals.output(keyGroup), this.#index, key, namespace, userKey, this.#serializers.userKey)
    }
    map.delete(slot)
    if (map.size === 0) this.#maps.delete(keyGroup, key, namespace)
    this.#budget.entries--
    return true
  }

  has(keyGroup: number, key: StateKey, namespace: Namespace, userKey: UK): boolean {
    return this.#maps.get(keyGroup, key, namespace)?.has(userKeySlot(userKey, this.#serializers.userKey)) ?? false
  }

  isEmpty(keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    return this.#maps.get(keyGroup, key, namespace) === undefined
  }

  *entries(keyGroup: number, key: StateKey, namespace: Namespace): Generator<readonly [UK, UV]> {
    for (const entry of this.#maps.get(keyGroup, key, namespace)?.values() ?? []) yield [entry.key, entry.value]
  }

  clear(keyGroup: number, key: StateKey, namespace: Namespace): void {
    const map = this.#maps.get(keyGroup, key, namespace)
    if (map === undefined) return
    this.#maps.delete(keyGroup, key, namespace)
    this.#budget.entries -= map.size
    if (this.#cut.tracksChanges) writeMapRemoval(this.#cut.removals.output(keyGroup), this.#index, key, namespace)
    // an iterator over the map may still be open and must end; the snapshot keeps a list of its own
    if (this.#cut.active) {
      const entries = [...map.values()]
      this.#cut.detach(keyGroup, () => this.#walkEntries(keyGroup, key, namespace, entries.values()))
    }
    map.clear()
  }

  *keys(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey]> {
    for (const [keyGroup, key] of this.#maps.ofNamespace(namespace)) yield [keyGroup, key]
  }

  *walk(keyGroup: number): Generator<void> {
    if (this.#changed.knows(keyGroup)) {
      yield* this.#walkChanges(keyGroup)
      return
    }
    for (const [key, map] of this.#maps.plain(keyGroup) ?? []) yield* this.#walkEntries(keyGroup, key, null, map.values())
    for (const [key, namespaces] of this.#maps.named(keyGroup) ?? []) {
      for (const [namespace, map] of namespaces) yield* this.#walkEntries(keyGroup, key, namespace, map.values())
    }
  }

  load(keyGroup: number, reader: EntryReader, readValue: ValueReader | undefined): void {
    const key = reader.readKey()
    const namespace = reader.readNamespace()
    reader.beginUserKey()
    const userKey = this.#serializers.userKey.read(reader.input) as UK
    const value = readValue === undefined ? this.#serializers.value.read(reader.input) : readValue(reader.input)
    this.put(keyGroup, key, namespace, userKey, value as UV)
  }

  *#walkEntries(keyGroup: number, key: StateKey, namespace: Namespace, left: IterableIterator<KeyedEntry<UK, UV>>): Generator<void> {
    while (this.#writeSlice(keyGroup, key, namespace, left)) yield
  }

  /** True if the slice ended before the entries did. In a generator the loop would leave garbage for every entry. */
  #writeSlice(keyGroup: number, key: StateKey, namespace: Namespace, left: IterableIterator<KeyedEntry<UK, UV>>): boolean {
    const cut = this.#cut
    for (const entry of left) {
      if (cut.epochs.needs(entry.epoch)) this.#write(keyGroup, key, namespace, entry)
      if (cut.endsSlice()) return true
    }
    return false
  }

  *#walkChanges(keyGroup: number): Generator<void> {
    const { epochs } = this.#cut
    for (const [key, namespace, entry] of this.#changed.since(keyGroup)) {
      const isThere = this.#maps.get(keyGroup, key, namespace)?.get(userKeySlot(entry.key, this.#serializers.userKey)) === entry
      if (isThere && epochs.needs(entry.epoch)) this.#write(keyGroup, key, namespace, entry)
      if (this.#cut.endsSlice()) yield
    }
  }

  /** The entry is about to change for the first time after the barrier: writes it if the snapshot in progress needs it, and stamps it. */
  #preserve(keyGroup: number, key: StateKey, namespace: Namespace, entry: KeyedEntry<UK, UV>): void {
    const cut = this.#cut
    if (entry.epoch === cut.created) return
    if (cut.active && cut.epochs.needs(entry.epoch)) this.#write(keyGroup, key, namespace, entry)
    entry.epoch = cut.epoch
    if (cut.tracksChanges) this.#changed.note(keyGroup, key, namespace, entry)
  }

  #write(keyGroup: number, key: StateKey, namespace: Namespace, entry: KeyedEntry<UK, UV>): void {
    try {
      writeMapEntry(this.#cut.output(keyGroup), this.#index, key, namespace, entry.key, entry.value, this.#serializers)
    } catch (error) {
      throw unwritableState(error, this.meta, key)
    }
    entry.epoch = this.#cut.epochs.written
  }
}
