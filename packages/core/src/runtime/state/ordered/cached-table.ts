import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import { createDataInput } from '../../../types/byte-data-input.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataInput } from '../../../types/data-input.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import { MillraceError } from '../../../errors.ts'
import { groupIndex } from '../heap/key-namespace-map.ts'
import { beginEntry, endLength } from '../entry-encoding.ts'
import { writeEntryRemoval } from '../removal-encoding.ts'
import type { SnapshotBuffers } from '../snapshot-buffers.ts'
import { unwritableState } from '../unwritable-state.ts'
import { CLEAN, STORED } from './cache-entry.ts'
import type { CacheEntry, EntryPosition } from './cache-entry.ts'
import type { EntryIndex } from './entry-index.ts'
import { PREFIX_BYTES } from './entry-layout.ts'
import type { EntryLayout } from './entry-layout.ts'
import type { StateCache } from './state-cache.ts'

const NO_VALUE = new Uint8Array(0)

interface ValueCodec {
  write(value: unknown, output: DataOutput): void
  read(input: DataInput): unknown
}

export interface CachedTableOptions {
  readonly meta: StateMeta
  /** Its index in snapshots. */
  readonly state: number
  /** First two bytes of its keys in the store. */
  readonly id: number
  readonly range: KeyGroupRange
  readonly layout: EntryLayout
  readonly index: EntryIndex
  readonly values: ValueCodec
  readonly cache: StateCache
}

/** The entries of one state: a cache over its range of the store. What the tables and queues of operators are made of. */
export class CachedTable {
  readonly meta: StateMeta
  readonly state: number
  readonly range: KeyGroupRange
  readonly layout: EntryLayout
  readonly cache: StateCache
  readonly index: EntryIndex
  /** Entries looked up in the store. */
  misses = 0
  /** What an entry takes in the store, by those written last. */
  typicalBytes = 64
  readonly #id: number
  readonly #values: ValueCodec
  readonly #dirty: CacheEntry[][]
  readonly #key = createDataOutput(128)
  readonly #value = createDataOutput(256)
  readonly #input = createDataInput()
  #at: EntryPosition = { keyGroup: 0, key: '', namespace: null, userKey: undefined }

  constructor({ meta, state, id, range, layout, index, values, cache }: CachedTableOptions) {
    this.meta = meta
    this.state = state
    this.range = range
    this.layout = layout
    this.cache = cache
    this.index = index
    this.#id = id
    this.#values = values
    this.#dirty = Array.from({ length: Math.max(0, range.end - range.start + 1) }, () => [])
  }

  /** The entry of a position, from the cache or else the store; its value is undefined when there is none. */
  entry(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): CacheEntry {
    const entry = this.index.get(keyGroup, key, namespace, userKey)
    if (entry === undefined) return this.#load(keyGroup, key, namespace, userKey)
    entry.referenced = true
    return entry
  }

  put(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown, value: unknown): void {
    const entry = this.#entryToReplace(keyGroup, key, namespace, userKey)
    if (entry.dirtyAt === CLEAN || entry.epoch !== this.cache.cut.epoch) this.cache.touch(entry)
    entry.value = value
  }

  remove(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): void {
    this.clear(this.#entryToReplace(keyGroup, key, namespace, userKey))
  }

  clear(entry: CacheEntry): void {
    if (entry.value === undefined && entry.stored !== STORED.unknown) return
    this.cache.touch(entry)
    entry.value = undefined
    if (entry.stored !== STORED.no || this.cache.isInFlight(entry)) return
    this.cache.cut.dropped(entry)
    this.cache.drop(entry)
  }

  /** Entries of a key group that the store does not have as they are; changes with every write. */
  dirty(keyGroup: number): CacheEntry[] {
    return this.#dirty[keyGroup - this.range.start] as CacheEntry[]
  }

  forget(entry: CacheEntry): void {
    this.index.delete(entry)
  }

  storeKey(at: EntryPosition): Uint8Array {
    this.#key.reset()
    this.writeStoreKey(at, this.#key)
    return this.#key.bytes()
  }

  writeStoreKey(at: EntryPosition, output: DataOutput): void {
    this.#writePrefix(at.keyGroup, output)
    this.layout.writeTail(at, output)
  }

  /** The value of an entry, which has one, in the bytes of the store. Throws what the serializer throws, with state and key. */
  writeStoreValue({ value, key }: CacheEntry, output: DataOutput): void {
    this.#writeValue(value, key, output)
  }

  /** What all entries of a key group begin with in the store, and those of a tail that `writeTail` writes the begin of. */
  prefix(keyGroup: number, writeTail?: (output: DataOutput) => void): Uint8Array {
    this.#key.reset()
    this.#writePrefix(keyGroup, this.#key)
    writeTail?.(this.#key)
    return this.#key.bytes()
  }

  readKey(key: Uint8Array, into: EntryPosition): void {
    this.#input.wrap(key, PREFIX_BYTES)
    this.layout.readTail(this.#input, into)
  }

  /** The value in the bytes of the store; undefined is a removal. */
  encoded(entry: CacheEntry): Uint8Array | undefined {
    return entry.value === undefined ? undefined : this.encode(entry.value, entry.key)
  }

  decoded(bytes: Uint8Array, read?: ValueReader): unknown {
    this.#input.wrap(bytes)
    const value = read === undefined ? this.#values.read(this.#input) : read(this.#input)
    if (this.#input.remaining > 0) throw this.#corrupt(this.#input.remaining)
    return value
  }

  /** Throws what the serializer throws, with state and key. */
  encode(value: unknown, key: StateKey): Uint8Array {
    this.#value.reset()
    this.#writeValue(value, key, this.#value)
    return this.#value.bytes()
  }

  /** Writes an entry, which has a value, into a snapshot. Throws what the serializer throws, with state and key, and leaves a part of it there. */
  writeEntry(entry: CacheEntry, entries: SnapshotBuffers): void {
    const output = entries.output(entry.keyGroup)
    const length = beginEntry(output, this.state)
    this.layout.writeIdentity(entry, output)
    if (this.layout.bodiesHaveValues) this.#writeValue(entry.value, entry.key, output)
    endLength(output, length)
  }

  /** The same of an entry in the bytes of the store. */
  writeStored(keyGroup: number, key: Uint8Array, value: Uint8Array, entries: SnapshotBuffers): void {
    const output = entries.output(keyGroup)
    const length = beginEntry(output, this.state)
    this.#writeBody(key, value, output)
    endLength(output, length)
  }

  /** Writes that the entry of a store key has gone. */
  writeRemoval(key: Uint8Array, output: DataOutput): void {
    writeEntryRemoval(output, this.state, (identity) => this.#writeBody(key, NO_VALUE, identity))
  }

  #writeBody(key: Uint8Array, value: Uint8Array, output: DataOutput): void {
    this.#input.wrap(key, PREFIX_BYTES)
    this.layout.writeBody(this.#input, key, value, output)
  }

  #writeValue(value: unknown, key: StateKey, output: DataOutput): void {
    try {
      this.#values.write(value, output)
    } catch (error) {
      throw unwritableState(error, this.meta, key)
    }
  }

  #load(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): CacheEntry {
    this.misses++
    const at = this.#position(keyGroup, key, namespace, userKey)
    this.#key.reset()
    this.writeStoreKey(at, this.#key)
    const keyBytes = this.#key.position
    const bytes = this.cache.store.get(this.#key.view())
    if (bytes === undefined) return this.cache.admit(this, at, undefined, STORED.no, keyBytes)
    return this.cache.admit(this, at, this.decoded(bytes), STORED.yes, keyBytes + bytes.length)
  }

  #entryToReplace(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): CacheEntry {
    const entry = this.index.get(keyGroup, key, namespace, userKey)
    if (entry === undefined) return this.cache.admit(this, this.#position(keyGroup, key, namespace, userKey), undefined, STORED.unknown, this.typicalBytes)
    entry.referenced = true
    return entry
  }

  /** Reused: a position lives no longer than a call. */
  #position(keyGroup: number, key: StateKey, namespace: Namespace, userKey: unknown): EntryPosition {
    groupIndex(this.range, keyGroup)
    const at = this.#at
    at.keyGroup = keyGroup
    at.key = key
    at.namespace = namespace
    // one number, two encodings
    at.userKey = userKey === 0 ? 0 : userKey
    return at
  }

  #writePrefix(keyGroup: number, output: DataOutput): void {
    output.writeByte(this.#id >> 8)
    output.writeByte(this.#id & 0xff)
    output.writeByte(keyGroup >> 8)
    output.writeByte(keyGroup & 0xff)
  }

  #corrupt(left: number): MillraceError {
    const message = `Expected an entry of state '${this.meta.name}' to end with its value, found ${left} more bytes: the serializer that wrote it is another one`
    return new MillraceError('STATE_CORRUPT', message, { origin: 'external' })
  }
}
