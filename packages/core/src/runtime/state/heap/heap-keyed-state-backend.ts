import { MillraceError } from '../../../errors.ts'
import type { KeyedStateBackend } from '../../../spi/keyed-state-backend.ts'
import type { KeyGroupChunk, KeyedStateSnapshot, StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { StateBackendContext, StateDefinition } from '../../../spi/state-backend.ts'
import type { MapStateTable, StateTable } from '../../../spi/state-table.ts'
import type { TimerQueue } from '../../../spi/timer-queue.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { metaOf, requireSame, TIMER_TYPE, timerMeta } from '../state-compatibility.ts'
import { HeapBudget } from './heap-budget.ts'
import { HeapMapTable } from './heap-map-table.ts'
import type { HeapPart } from './heap-part.ts'
import { HeapTimerQueue } from './heap-timer-queue.ts'
import { KeyLayoutTable } from './key-layout-table.ts'
import { NamespaceLayoutTable } from './namespace-layout-table.ts'
import type { RestoredState } from './restored-state.ts'
import { SnapshotCut } from './snapshot-cut.ts'

const NOTHING = new Uint8Array(0)

type Context = Pick<StateBackendContext, 'keyGroupRange' | 'operatorUid' | 'metrics' | 'logger' | 'incremental' | 'now'>

/** The tables and queues of one operator in one subtask; see heapStateBackend. */
export class HeapKeyedStateBackend implements KeyedStateBackend {
  readonly #context: Context
  readonly #restored: RestoredState
  readonly #cut: SnapshotCut
  readonly #budget: HeapBudget
  /** A part's index in here is the index of its state in snapshots. */
  readonly #parts: HeapPart[] = []
  readonly #tables = new Map<string, HeapPart>()
  readonly #queues = new Map<string, HeapTimerQueue>()

  constructor(context: Context, restored: RestoredState, maxBytes: number | undefined) {
    this.#context = context
    this.#restored = restored
    this.#cut = new SnapshotCut(context.keyGroupRange, context.incremental === true, () => context.now())
    this.#budget = new HeapBudget(maxBytes, context.operatorUid)
    context.metrics.gauge('stateEntries', () => this.#budget.entries)
    context.metrics.gauge('stateBytesEstimated', () => this.#budget.estimatedBytes())
  }

  table<V>(definition: StateDefinition): StateTable<V> {
    const Table = definition.layout === 'key' ? KeyLayoutTable<V> : NamespaceLayoutTable<V>
    const create = (meta: StateMeta): HeapPart => new Table(meta, this.#parts.length, definition.valueType, this.#cut, this.#budget)
    return this.#register(definition, create) as KeyLayoutTable<V> | NamespaceLayoutTable<V>
  }

  mapTable<UK, UV>(definition: StateDefinition): MapStateTable<UK, UV> {
    const { userKeyType, valueType, name } = definition
    if (userKeyType === undefined) {
      throw new MillraceError('STATE_INVALID_DEFINITION', `Expected map state '${name}' to be defined with the type of its user keys, found none`, { origin: 'engine' })
    }
    const create = (meta: StateMeta): HeapPart => new HeapMapTable<UK, UV>(meta, this.#parts.length, userKeyType, valueType, this.#cut, this.#budget)
    return this.#register(definition, create) as HeapMapTable<UK, UV>
  }

  timers(name: string): TimerQueue {
    let queue = this.#queues.get(name)
    if (queue === undefined) {
      const meta = timerMeta(name)
      this.#restored.requireReadable(meta, TIMER_TYPE)
      queue = new HeapTimerQueue(meta, this.#parts.length, this.#cut, this.#budget)
      this.#queues.set(name, queue)
      this.#addPart(queue, TIMER_TYPE)
    }
    return queue
  }

  snapshot(checkpointId: number, since?: number): KeyedStateSnapshot {
    if (this.#cut.active) {
      throw new MillraceError('STATE_SNAPSHOT_ACTIVE', `Snapshot ${checkpointId} was asked for while another one is still being written; one at a time`, { origin: 'engine' })
    }
    this.#dropUnclaimed()
    for (const part of this.#parts) part.beforeSnapshot?.()
    const base = this.#cut.begin(checkpointId, since)
    const epoch = this.#cut.epoch
    const parts = [...this.#parts]
    const release = (): void => {
      if (this.#cut.epoch === epoch) this.#cut.end()
    }
    return { states: parts.map((part) => part.meta), ...(base === undefined ? {} : { since: base }), chunks: () => this.#chunks(epoch, parts, release), release }
  }

  unclaimedStates(): readonly string[] {
    return this.#restored.unclaimed()
  }

  entryCount(): number {
    return this.#budget.entries
  }

  close(): void {
    this.#cut.end()
    this.#restored.forget()
    this.#parts.length = 0
    this.#tables.clear()
    this.#queues.clear()
  }

  #dropUnclaimed(): void {
    const states = this.#restored.unclaimed()
    if (states.length === 0) return
    this.#context.logger.warn({ uid: this.#context.operatorUid, states }, 'restored state that the operator has not registered is dropped')
    this.#restored.forget()
  }

  *#chunks(epoch: number, parts: readonly HeapPart[], release: () => void): Generator<KeyGroupChunk> {
    const { start, end } = this.#context.keyGroupRange
    this.#requireActive(epoch)
    try {
      for (let keyGroup = start; keyGroup <= end; keyGroup++) {
        this.#cut.walking = keyGroup
        for (const _slice of this.#walks(keyGroup, parts)) {
          yield* this.#written(keyGroup, epoch)
          yield { keyGroup, bytes: NOTHING, entries: 0, endsSlice: true }
          this.#requireActive(epoch)
          this.#cut.beginSlice()
        }
        yield* this.#written(keyGroup, epoch)
        const removals = this.#cut.epochs.base === -Infinity ? NOTHING : this.#cut.removals.removed(keyGroup)
        if (removals.length > 0) yield { keyGroup, bytes: NOTHING, entries: 0, endsSlice: false, removals }
        this.#requireActive(epoch)
      }
    } finally {
      release()
    }
  }

  *#walks(keyGroup: number, parts: readonly HeapPart[]): Generator<void> {
    for (const part of parts) yield* part.walk(keyGroup)
    for (let walk = this.#cut.nextDetached(keyGroup); walk !== undefined; walk = this.#cut.nextDetached(keyGroup)) yield* walk()
  }

  *#written(keyGroup: number, epoch: number): Generator<KeyGroupChunk> {
    for (const chunk of this.#cut.chunks(keyGroup)) {
      yield chunk
      this.#requireActive(epoch)
    }
  }

  #requireActive(epoch: number): void {
    if (this.#cut.active && this.#cut.epoch === epoch) return
    throw new MillraceError('STATE_SNAPSHOT_RELEASED', 'The snapshot was released while it was being read', { origin: 'engine' })
  }

  #register(definition: StateDefinition, create: (meta: StateMeta) => HeapPart): HeapPart {
    const meta = metaOf(definition)
    const registered = this.#tables.get(meta.name)
    if (registered !== undefined) {
      requireSame(registered.meta, meta, this.#context.operatorUid)
      return registered
    }
    this.#restored.requireReadable(meta, definition.valueType)
    const part = create(meta)
    this.#tables.set(meta.name, part)
    this.#addPart(part, definition.valueType)
    return part
  }

  #addPart(part: HeapPart, valueType: AnyType): void {
    this.#parts.push(part)
    this.#restored.claim(part.meta, valueType, (keyGroup, reader, readValue) => part.load(keyGroup, reader, readValue))
  }
}
