import assert from 'node:assert/strict'
import { mergedReader } from '../../runtime/checkpoint/merged-reader.ts'
import type { KeyedStateBackend, Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import type { KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import type { MapStateTable, NamespaceCursor, StateTable } from '../../spi/state-table.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'
import { long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { string } from '../../types/simple-types.ts'
import { toStateKey } from '../../types/state-key.ts'
import { ALL_KEY_GROUPS, collectSlices, collectSnapshot, keyGroup } from './backend-fixture.ts'
import type { BackendFixture, CollectedSnapshot } from './backend-fixture.ts'
import type { Random } from './seeded-random.ts'

interface Counted {
  n: number
}

const counted = row({ n: long() })
const KEYS: readonly StateKey[] = ['', 'a', 'ключ', 0, 1, -1.5, NaN, 1n, true, toStateKey(['a', 1]), toStateKey(['a', 2])]
const NAMESPACES: readonly Namespace[] = [null, 0, 60_000, 'side']
const USER_KEYS = ['x', 'y', 'z']
const DEFINITIONS: readonly StateDefinition[] = [
  { name: 'by-key', kind: 'value', layout: 'key', valueType: counted },
  { name: 'by-namespace', kind: 'window', layout: 'namespace', valueType: counted },
]

/** What a backend should hold, as text: entry → value. Timers have their timestamp in the entry. */
type Model = Map<string, number>

const entryOf = (...parts: readonly unknown[]): string => parts.map((part) => `${typeof part}:${String(part)}`).join(' ')

/**
 * Runs random operations on a backend and on plain maps. Every so often takes a snapshot, goes on while it is written, and
 * checks that a restored backend holds what the maps held at the barrier.
 */
export class RandomProgram {
  readonly #random: Random
  readonly #fixture: BackendFixture
  readonly #tables: readonly StateTable<Counted>[]
  readonly #map: MapStateTable<string, number>
  readonly #timers: TimerQueue
  readonly #backend: KeyedStateBackend
  readonly #incremental: boolean
  readonly #model: Model = new Map()
  /** Of snapshots that count as completed checkpoints: the one it builds on, and so on, first. */
  readonly #completed = new Map<number, readonly CollectedSnapshot[]>()
  #lastId = 0
  #lastCompleted: number | undefined
  #cursor: { readonly table: number; readonly namespace: Namespace; readonly cursor: NamespaceCursor<Counted> } | undefined

  /** `incremental`: the backend was opened so, and its snapshots hold what changed since one that is chosen at random to have completed. */
  constructor(random: Random, fixture: BackendFixture, backend: KeyedStateBackend, incremental: boolean) {
    this.#incremental = incremental
    this.#random = random
    this.#fixture = fixture
    this.#backend = backend
    this.#tables = DEFINITIONS.map((definition) => backend.table<Counted>(definition))
    this.#map = mapTableOf(backend)
    this.#timers = backend.timers('event')
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      if (this.#random(40) === 0) await this.#snapshot()
      else this.#step()
    }
    this.#compare(dump(this.#backend), this.#model)
    assert.equal(this.#backend.entryCount(), this.#model.size)
  }

  #step(): void {
    const key = this.#pick(KEYS)
    const namespace = this.#pick(NAMESPACES)
    const kind = this.#random(12)
    if (kind < 6) this.#stepTable(this.#random(2), key, namespace)
    else if (kind < 9) this.#stepMap(key, namespace, this.#pick(USER_KEYS))
    else if (kind < 11) this.#stepTimers(key, namespace)
    else this.#stepDrain()
  }

  #stepTable(index: number, key: StateKey, namespace: Namespace): void {
    const table = this.#tables[index] as StateTable<Counted>
    const group = keyGroup(key)
    const entry = entryOf(DEFINITIONS[index]?.name, key, namespace)
    switch (this.#random(4)) {
      case 0: {
        const n = this.#random(1000)
        table.put(group, key, namespace, { n })
        this.#model.set(entry, n)
        break
      }
      case 1: {
        const value = table.getForUpdate(group, key, namespace)
        assert.equal(value?.n, this.#model.get(entry))
        if (value === undefined) break
        value.n++
        this.#model.set(entry, value.n)
        break
      }
      case 2:
        table.remove(group, key, namespace)
        this.#model.delete(entry)
        break
      default:
        assert.equal(table.get(group, key, namespace)?.n, this.#model.get(entry))
        assert.equal([...table.namespacesOf(group, key)].includes(namespace), this.#model.has(entry))
    }
  }

  #stepMap(key: StateKey, namespace: Namespace, userKey: string): void {
    const group = keyGroup(key)
    const entry = entryOf('map', key, namespace, userKey)
    switch (this.#random(5)) {
      case 0:
      case 1: {
        const value = this.#random(1000)
        this.#map.put(group, key, namespace, userKey, value)
        this.#model.set(entry, value)
        break
      }
      case 2:
        assert.equal(this.#map.remove(group, key, namespace, userKey), this.#model.delete(entry))
        break
      case 3: {
        const found = USER_KEYS.filter((each) => this.#model.delete(entryOf('map', key, namespace, each)))
        assert.equal(this.#map.isEmpty(group, key, namespace), found.length === 0)
        this.#map.clear(group, key, namespace)
        break
      }
      default:
        assert.equal(this.#map.get(group, key, namespace, userKey), this.#model.get(entry))
        assert.equal(this.#map.has(group, key, namespace, userKey), this.#model.has(entry))
    }
  }

  #stepTimers(key: StateKey, namespace: Namespace): void {
    const timestamp = this.#random(8) * 1000 - 2000
    const entry = entryOf('timer', timestamp, key, namespace)
    switch (this.#random(4)) {
      case 0:
      case 1:
        assert.equal(this.#timers.add(timestamp, keyGroup(key), key, namespace), !this.#model.has(entry))
        this.#model.set(entry, 1)
        break
      case 2:
        assert.equal(this.#timers.remove(timestamp, keyGroup(key), key, namespace), this.#model.delete(entry))
        break
      default: {
        const earliest = this.#timers.peek()
        assert.equal(this.#timers.poll(timestamp), earliest <= timestamp)
        if (earliest > timestamp) break
        assert.equal(this.#timers.timestamp, earliest)
        assert.ok(this.#model.delete(entryOf('timer', earliest, this.#timers.key, this.#timers.namespace)))
      }
    }
  }

  /** Begins a drain or goes on with one, some entries at a time. */
  #stepDrain(): void {
    if (this.#cursor === undefined) {
      const table = this.#random(2)
      const namespace = this.#pick(NAMESPACES)
      this.#cursor = { table, namespace, cursor: (this.#tables[table] as StateTable<Counted>).drain(namespace) }
    }
    const { table, namespace, cursor } = this.#cursor
    for (let left = this.#random(12); left > 0; left--) {
      if (!cursor.next()) {
        this.#cursor = undefined
        return
      }
      const entry = entryOf(DEFINITIONS[table]?.name, cursor.key, namespace)
      assert.equal(cursor.value.n, this.#model.get(entry))
      assert.equal(cursor.keyGroup, keyGroup(cursor.key))
      this.#model.delete(entry)
    }
    if (this.#random(3) === 0) this.#cursor = undefined
  }

  async #snapshot(): Promise<void> {
    const atBarrier = new Map(this.#model)
    const id = ++this.#lastId
    // now and then a savepoint, on which nothing builds
    const isSavepoint = this.#random(10) === 0
    const snapshot = this.#backend.snapshot(id, this.#incremental && !isSavepoint ? this.#lastCompleted : undefined)
    if (this.#random(8) === 0) {
      snapshot.release()
      return
    }
    for (let left = this.#random(20); left > 0; left--) this.#step()
    const between = (): void => {
      for (let left = this.#random(4); left > 0; left--) this.#step()
    }
    const collect = this.#random(2) === 0 ? collectSlices : collectSnapshot
    const collected = await collect(inOrder(snapshot), between, id)
    const files = [...(collected.since === undefined ? [] : (this.#completed.get(collected.since) as readonly CollectedSnapshot[])), collected]
    const restored = await this.#fixture.open({ restore: [mergedReader(files, ALL_KEY_GROUPS)] })
    this.#compare(dump(restored), atBarrier)
    if (isSavepoint || this.#random(3) === 0) return
    this.#completed.set(id, files)
    this.#lastCompleted = id
  }

  #compare(found: Model, expected: Model): void {
    assert.deepEqual([...found].sort(byEntry), [...expected].sort(byEntry))
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#random(values.length)] as T
  }
}

const byEntry = ([a]: readonly [string, number], [b]: readonly [string, number]): number => (a < b ? -1 : 1)

function mapTableOf(backend: KeyedStateBackend): MapStateTable<string, number> {
  return backend.mapTable<string, number>({ name: 'map', kind: 'map', layout: 'key', valueType: long(), userKeyType: string() })
}

/** Everything in a backend; empties its timers into the queue again. */
function dump(backend: KeyedStateBackend): Model {
  const found: Model = new Map()
  for (const definition of DEFINITIONS) {
    const table = backend.table<Counted>(definition)
    for (const namespace of table.namespaces()) {
      for (const [group, key, { n }] of table.scan(namespace)) {
        assert.equal(group, keyGroup(key))
        found.set(entryOf(definition.name, key, namespace), n)
      }
    }
  }
  const map = mapTableOf(backend)
  for (const namespace of NAMESPACES) {
    for (const [group, key] of map.keys(namespace)) {
      for (const [userKey, value] of map.entries(group, key, namespace)) found.set(entryOf('map', key, namespace, userKey), value)
    }
  }
  const timers = backend.timers('event')
  const polled: (() => void)[] = []
  while (timers.poll(Infinity)) {
    const { timestamp, keyGroup: group, key, namespace } = timers
    found.set(entryOf('timer', timestamp, key, namespace), 1)
    polled.push(() => timers.add(timestamp, group, key, namespace))
  }
  for (const addAgain of polled) addAgain()
  return found
}

function inOrder(snapshot: KeyedStateSnapshot): KeyedStateSnapshot {
  return {
    ...snapshot,
    *chunks() {
      let last = -1
      for (const chunk of snapshot.chunks()) {
        assert.ok(chunk.keyGroup >= last, `key group ${chunk.keyGroup} after ${last}`)
        last = chunk.keyGroup
        yield chunk
      }
    },
  }
}
