import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { writeValueEntry } from '../entry-encoding.ts'
import type { EntryReader } from '../entry-encoding.ts'
import { writeValueRemoval } from '../removal-encoding.ts'
import { unwritableState } from '../unwritable-state.ts'
import { ChangedEntries } from './changed-entries.ts'
import { Entry } from './entry.ts'
import type { HeapBudget } from './heap-budget.ts'
import type { HeapPart } from './heap-part.ts'
import { KeyNamespaceMap } from './key-namespace-map.ts'
import type { SnapshotCut } from './snapshot-cut.ts'

/** The heap table of layout `key`: most lookups go to one key without a namespace. */
export class KeyLayoutTable<V> implements StateTable<V>, HeapPart {
  readonly meta: StateMeta
  readonly #index: number
  readonly #serializer: AnyType['serializer']
  readonly #cut: SnapshotCut
  readonly #budget: HeapBudget
  readonly #entries: KeyNamespaceMap<Entry<V>>
  readonly #changed: ChangedEntries<Entry<V>>

  constructor(meta: StateMeta, index: number, type: AnyType, cut: SnapshotCut, budget: HeapBudget) {
    this.meta = meta
    this.#index = index
    this.#serializer = type.serializer
    this.#cut = cut
    this.#budget = budget
    this.#entries = new KeyNamespaceMap(cut.range)
    this.#changed = new ChangedEntries(cut.range, budget)
    cut.trackChanges(this.#changed)
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    return this.#entries.get(keyGroup, key, namespace)?.value
  }

  getForUpdate(keyGroup: number, key: StateKey, namespace: Namespace): V | undefined {
    const entry = this.#entries.get(keyGroup, key, namespace)
    if (entry === undefined) return undefined
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, key, namespace, entry)
    return entry.value
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, value: V): void {
    const entry = this.#entries.get(keyGroup, key, namespace)
    if (entry === undefined) {
      const created = new Entry(value, this.#cut.created)
      this.#entries.set(keyGroup, key, namespace, created)
      this.#budget.added(key, value)
      if (this.#cut.tracksChanges) this.#changed.note(keyGroup, key, namespace, created)
      return
    }
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, key, namespace, entry)
    entry.value = value
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace): void {
    const entry = this.#entries.get(keyGroup, key, namespace)
    if (entry === undefined) return
    if (entry.epoch !== this.#cut.epoch) this.#preserve(keyGroup, key, namespace, entry)
    if (this.#cut.tracksChanges && entry.epoch !== this.#cut.created) writeValueRemoval(this.#cut.removals.output(keyGroup), this.#index, key, namespace)
    this.#entries.delete(keyGroup, key, namespace)
    this.#budget.entries--
  }

  drain(namespace: Namespace): NamespaceCursor<V> {
    const entries = this.#entries.ofNamespace(namespace)
    const cursor = {
      keyGroup: -1,
      key: '' as StateKey,
      value: undefined as V,
      next: (): boolean => {
        const step = entries.next()
        if (step.done === true) return false
        const [keyGroup, key, entry] = step.value
        cursor.keyGroup = keyGroup
        cursor.key = key
        cursor.value = entry.value
        this.remove(keyGroup, key, namespace)
        return true
      },
    }
    return cursor
  }

  namespaces(): Iterable<Namespace> {
    return this.#entries.namespaces()
  }

  *scan(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey, value: V]> {
    for (const [keyGroup, key, entry] of this.#entries.ofNamespace(namespace)) yield [keyGroup, key, entry.value]
  }

  namespacesOf(keyGroup: number, key: StateKey): Iterable<Namespace> {
    return this.#entries.namespacesOf(keyGroup, key)
  }

  *walk(keyGroup: number): Generator<void> {
    const { epochs } = this.#cut
    if (this.#changed.knows(keyGroup)) {
      for (const [key, namespace, entry] of this.#changed.since(keyGroup)) {
        if (epochs.needs(entry.epoch) && this.#entries.get(keyGroup, key, namespace) === entry) this.#write(keyGroup, key, namespace, entry)
        if (this.#cut.endsSlice()) yield
      }
      return
    }
    const plain = this.#entries.plain(keyGroup)?.entries()
    while (plain !== undefined && this.#writeSlice(keyGroup, plain)) yield
    for (const [key, namespaces] of this.#entries.named(keyGroup) ?? []) {
      for (const [namespace, entry] of namespaces) {
        if (epochs.needs(entry.epoch)) this.#write(keyGroup, key, namespace, entry)
        if (this.#cut.endsSlice()) yield
      }
    }
  }

  load(keyGroup: number, reader: EntryReader, readValue: ValueReader | undefined): void {
    const key = reader.readKey()
    const namespace = reader.readNamespace()
    this.put(keyGroup, key, namespace, (readValue === undefined ? this.#serializer.read(reader.input) : readValue(reader.input)) as V)
  }

  /** True if the slice ended before the entries did. In a generator the loop would leave garbage for every entry. */
  #writeSlice(keyGroup: number, plain: IterableIterator<[StateKey, Entry<V>]>): boolean {
    const cut = this.#cut
    for (const [key, entry] of plain) {
      if (cut.epochs.needs(entry.epoch)) this.#write(keyGroup, key, null, entry)
      if (cut.endsSlice()) return true
    }
    return false
  }

  /** The entry is about to change for the first time after the barrier: writes it if the snapshot in progress needs it, and stamps it. */
  #preserve(keyGroup: number, key: StateKey, namespace: Namespace, entry: Entry<V>): void {
    const cut = this.#cut
    if (entry.epoch === cut.created) return
    if (cut.active && cut.epochs.needs(entry.epoch)) this.#write(keyGroup, key, namespace, entry)
    entry.epoch = cut.epoch
    if (cut.tracksChanges) this.#changed.note(keyGroup, key, namespace, entry)
  }

  #write(keyGroup: number, key: StateKey, namespace: Namespace, entry: Entry<V>): void {
    try {
      writeValueEntry(this.#cut.output(keyGroup), this.#index, key, namespace, entry.value, this.#serializer)
    } catch (error) {
      throw unwritableState(error, this.meta, key)
    }
    entry.epoch = this.#cut.epochs.written
  }
}
