import { MillraceError } from '../../../errors.ts'
import type { KeyedStateBackend } from '../../../spi/keyed-state-backend.ts'
import type { KeyGroupChunk, KeyedStateSnapshot, StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { StateBackendContext, StateDefinition } from '../../../spi/state-backend.ts'
import type { MapStateTable, StateTable } from '../../../spi/state-table.ts'
import type { TimerQueue } from '../../../spi/timer-queue.ts'
import type { DataInput } from '../../../types/data-input.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import { metaOf, requireSame, TIMER_TYPE, timerMeta } from '../state-compatibility.ts'
import { CachedTable } from './cached-table.ts'
import { userKeyIndex, valueIndex } from './entry-index.ts'
import { entryLayout } from './entry-layout.ts'
import { EntryScan } from './entry-scan.ts'
import { OrderedCut } from './ordered-cut.ts'
import { OrderedMapTable } from './ordered-map-table.ts'
import { OrderedTimerQueue } from './ordered-timer-queue.ts'
import { OrderedValueTable } from './ordered-value-table.ts'
import { rereadRestored } from './reread-restored.ts'
import type { RestoredTables } from './restored-tables.ts'
import { SnapshotWalk } from './snapshot-walk.ts'
import { StateCache } from './state-cache.ts'
import type { WriteBehindStore } from './write-behind-store.ts'

type Context = Pick<StateBackendContext, 'keyGroupRange' | 'operatorUid' | 'metrics' | 'logger' | 'incremental' | 'now'>
type Table = OrderedValueTable<unknown> | OrderedMapTable<unknown, unknown>

/** Keys that changed between two incremental checkpoints may take this part of the cache's memory in addition; beyond it one is full. */
const CHANGES_SHARE = 4

/** Of the timestamp in a timer's position, and of the count that is its value. */
const timerCodec = {
  id: 'timer',
  version: 1,
  write: (value: unknown, output: DataOutput): void => output.writeVarUint(value as number),
  read: (input: DataInput): number => input.readVarUint(),
}

/** The tables and queues of one operator in one subtask, over an ordered store; see orderedStoreBackend. */
export class OrderedKeyedStateBackend implements KeyedStateBackend {
  readonly #context: Context
  readonly #store: WriteBehindStore
  readonly #restored: RestoredTables
  readonly #release: () => Promise<void>
  readonly #cut: OrderedCut
  readonly #cache: StateCache
  /** A table's index in here is the index of its state in snapshots. */
  readonly #cached: CachedTable[] = []
  readonly #tables = new Map<string, Table>()
  readonly #queues = new Map<string, OrderedTimerQueue>()

  /** `release` is called when the store is closed. */
  constructor(context: Context, store: WriteBehindStore, restored: RestoredTables, cacheBytes: number, release: () => Promise<void>) {
    this.#context = context
    this.#store = store
    this.#restored = restored
    this.#release = release
    this.#cut = new OrderedCut(context.keyGroupRange, store, context.incremental === true ? cacheBytes / CHANGES_SHARE : undefined)
    this.#cache = new StateCache(store, this.#cut, cacheBytes)
    const { metrics } = context
    metrics.gauge('stateCacheEntries', () => this.#cache.size)
    metrics.gauge('stateCacheBytesEstimated', () => this.#cache.bytes)
    metrics.gauge('stateDirtyEntries', () => this.#cache.dirtyEntries)
    metrics.gauge('stateCacheMisses', () => this.#cached.reduce((sum, table) => sum + table.misses, 0))
  }

  table<V>(definition: StateDefinition): StateTable<V> {
    return this.#register(definition, (meta) => {
      const restored = this.#restored.claim(meta)
      const layout = restored.meta.layout
      const cached = this.#createTable(restored.id, meta, { layout: entryLayout(restored.meta), index: valueIndex(this.#cut.range), values: definition.valueType.serializer })
      return new OrderedValueTable<unknown>(cached, layout)
    }) as OrderedValueTable<V>
  }

  mapTable<UK, UV>(definition: StateDefinition): MapStateTable<UK, UV> {
    const { userKeyType, name, valueType } = definition
    if (userKeyType === undefined) {
      throw new MillraceError('STATE_INVALID_DEFINITION', `Expected map state '${name}' to be defined with the type of its user keys, found none`, { origin: 'engine' })
    }
    return this.#register(definition, (meta) => {
      const { serializer } = userKeyType
      const { id } = this.#restored.claim(meta)
      return new OrderedMapTable(this.#createTable(id, meta, { layout: entryLayout(meta, serializer), index: userKeyIndex(this.#cut.range, serializer), values: valueType.serializer }))
    }) as OrderedMapTable<UK, UV>
  }

  timers(name: string): TimerQueue {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      const meta = timerMeta(name)
      this.#restored.requireReadable(meta, TIMER_TYPE)
      const { id, entries } = this.#restored.claim(meta)
      queue = new OrderedTimerQueue(this.#createTable(id, meta, { layout: entryLayout(meta), index: userKeyIndex(this.#cut.range, timerCodec), values: timerCodec }), entries)
      this.#queues.set(name, queue)
    }
    return queue
  }

  snapshot(checkpointId: number, since?: number): KeyedStateSnapshot {
    if (this.#cut.view !== undefined) {
      throw new MillraceError('STATE_SNAPSHOT_ACTIVE', `Snapshot ${checkpointId} was asked for while another one is still being written; one at a time`, { origin: 'engine' })
    }
    this.#dropUnclaimed()
    const base = this.#cut.begin(checkpointId, since)
    const { epoch } = this.#cut
    const tables = [...this.#cached]
    const release = (): void => {
      if (this.#cut.epoch === epoch) this.#cut.end()
    }
    return { states: tables.map((table) => table.meta), ...(base === undefined ? {} : { since: base }), chunks: () => this.#chunks(epoch, tables, release), release }
  }

  /** Waits until the cache may write again; there is nothing to read ahead, since reads are synchronous. */
  prefetch(): Promise<void> | undefined {
    return this.#cache.relieve()
  }

  unclaimedStates(): readonly string[] {
    return this.#restored.unclaimed()
  }

  entryCount(): number {
    let count = 0
    for (const table of this.#cached) {
      for (let keyGroup = table.range.start; keyGroup <= table.range.end; keyGroup++) {
        for (const scan = new EntryScan(table, keyGroup, table.prefix(keyGroup), () => table.dirty(keyGroup)); scan.next(); ) count++
      }
    }
    return count
  }

  async close(): Promise<void> {
    this.#cut.end()
    this.#restored.forget()
    this.#cache.clear()
    this.#cached.length = 0
    this.#tables.clear()
    this.#queues.clear()
    await this.#store.close()
    await this.#release()
  }

  #dropUnclaimed(): void {
    const states = this.#restored.unclaimed()
    if (states.length === 0) return
    this.#context.logger.warn({ uid: this.#context.operatorUid, states }, 'restored state that the operator has not registered is dropped')
    this.#restored.forget()
  }

  *#chunks(epoch: number, tables: readonly CachedTable[], release: () => void): Generator<KeyGroupChunk> {
    this.#requireActive(epoch)
    const { view } = this.#cut
    if (view === undefined) return
    try {
      for (const chunk of new SnapshotWalk(this.#cut, view, tables, () => this.#context.now()).chunks()) {
        yield chunk
        this.#requireActive(epoch)
      }
    } finally {
      release()
    }
  }

  #requireActive(epoch: number): void {
    if (this.#cut.view !== undefined && this.#cut.epoch === epoch) return
    throw new MillraceError('STATE_SNAPSHOT_RELEASED', 'The snapshot was released while it was being read', { origin: 'engine' })
  }

  #register(definition: StateDefinition, create: (meta: StateMeta) => Table): Table {
    const meta = metaOf(definition)
    const registered = this.#tables.get(meta.name)
    if (registered !== undefined) {
      requireSame(registered.cached.meta, meta, this.#context.operatorUid)
      return registered
    }
    const readOld = this.#restored.requireReadable(meta, definition.valueType)
    const table = create(meta)
    if (readOld !== undefined || definition.readAtRestore === true) rereadRestored(table.cached, readOld)
    this.#tables.set(meta.name, table)
    return table
  }

  #createTable(id: number, meta: StateMeta, parts: Pick<ConstructorParameters<typeof CachedTable>[0], 'layout' | 'index' | 'values'>): CachedTable {
    const cached = new CachedTable({ meta, state: this.#cached.length, id, range: this.#cut.range, cache: this.#cache, ...parts })
    this.#cached.push(cached)
    return cached
  }
}
