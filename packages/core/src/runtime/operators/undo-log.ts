import type { KeyedStateBackend } from '../../spi/keyed-state-backend.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import type { MapStateTable, StateTable } from '../../spi/state-table.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'

/**
 * Takes back what a failed call of a user function did to state and timers. Used only by operators that go on after
 * failures (`onError` other than `fail`): values changed in place are written down before every call that may change them.
 */
export class UndoLog {
  #actions: (() => void)[] = []
  #active = false

  begin(): void {
    this.#active = true
  }

  commit(): void {
    this.#active = false
    this.#actions.length = 0
  }

  rollback(): void {
    this.#active = false
    for (const undo of this.#actions.splice(0).reverse()) undo()
  }

  /** Notes how to take back what happens next. `prepare` is called at once, and only during a call. */
  record(prepare: () => () => void): void {
    if (this.#active) this.#actions.push(prepare())
  }
}

/** The same backend with all writes noted in `log`. */
export function undoableBackend(backend: KeyedStateBackend, log: UndoLog): KeyedStateBackend {
  return {
    table: <V>(definition: StateDefinition) => undoableTable(backend.table<V>(definition), definition, log),
    mapTable: <UK, UV>(definition: StateDefinition) => undoableMapTable(backend.mapTable<UK, UV>(definition), log),
    timers: (name) => undoableTimers(backend.timers(name), log),
    snapshot: (checkpointId) => backend.snapshot(checkpointId),
    entryCount: () => backend.entryCount(),
    close: () => backend.close(),
  }
}

function undoableTable<V>(table: StateTable<V>, { valueType }: StateDefinition, log: UndoLog): StateTable<V> {
  const restore = (...[keyGroup, key, namespace]: Parameters<StateTable<V>['get']>) => {
    const before = table.get(keyGroup, key, namespace)
    return () => (before === undefined ? table.remove(keyGroup, key, namespace) : table.put(keyGroup, key, namespace, before))
  }
  return {
    get: (keyGroup, key, namespace) => table.get(keyGroup, key, namespace),
    getForUpdate(keyGroup, key, namespace) {
      const value = table.getForUpdate(keyGroup, key, namespace)
      if (value === undefined) return undefined
      log.record(() => {
        const output = createDataOutput(256)
        valueType.serializer.write(value as never, output)
        return () => table.put(keyGroup, key, namespace, valueType.serializer.read(createDataInput(output.view())) as V)
      })
      return value
    },
    put(keyGroup, key, namespace, value) {
      log.record(() => restore(keyGroup, key, namespace))
      table.put(keyGroup, key, namespace, value)
    },
    remove(keyGroup, key, namespace) {
      log.record(() => restore(keyGroup, key, namespace))
      table.remove(keyGroup, key, namespace)
    },
    drain: (namespace) => table.drain(namespace),
    namespaces: () => table.namespaces(),
    scan: (namespace) => table.scan(namespace),
    namespacesOf: (keyGroup, key) => table.namespacesOf(keyGroup, key),
  }
}

function undoableMapTable<UK, UV>(table: MapStateTable<UK, UV>, log: UndoLog): MapStateTable<UK, UV> {
  return {
    get: (keyGroup, key, namespace, userKey) => table.get(keyGroup, key, namespace, userKey),
    put(keyGroup, key, namespace, userKey, value) {
      log.record(() => {
        const before = table.get(keyGroup, key, namespace, userKey)
        return () => (before === undefined ? void table.remove(keyGroup, key, namespace, userKey) : table.put(keyGroup, key, namespace, userKey, before))
      })
      table.put(keyGroup, key, namespace, userKey, value)
    },
    remove(keyGroup, key, namespace, userKey) {
      log.record(() => {
        const before = table.get(keyGroup, key, namespace, userKey)
        return () => (before === undefined ? undefined : table.put(keyGroup, key, namespace, userKey, before))
      })
      return table.remove(keyGroup, key, namespace, userKey)
    },
    has: (keyGroup, key, namespace, userKey) => table.has(keyGroup, key, namespace, userKey),
    isEmpty: (keyGroup, key, namespace) => table.isEmpty(keyGroup, key, namespace),
    entries: (keyGroup, key, namespace) => table.entries(keyGroup, key, namespace),
    keys: (namespace) => table.keys(namespace),
    clear(keyGroup, key, namespace) {
      log.record(() => {
        const before = [...table.entries(keyGroup, key, namespace)]
        return () => before.forEach(([userKey, value]) => table.put(keyGroup, key, namespace, userKey, value))
      })
      table.clear(keyGroup, key, namespace)
    },
  }
}

function undoableTimers(queue: TimerQueue, log: UndoLog): TimerQueue {
  return {
    add(timestamp, keyGroup, key, namespace) {
      const added = queue.add(timestamp, keyGroup, key, namespace)
      if (added) log.record(() => () => void queue.remove(timestamp, keyGroup, key, namespace))
      return added
    },
    remove(timestamp, keyGroup, key, namespace) {
      const removed = queue.remove(timestamp, keyGroup, key, namespace)
      if (removed) log.record(() => () => void queue.add(timestamp, keyGroup, key, namespace))
      return removed
    },
    peek: () => queue.peek(),
    poll: (upTo) => queue.poll(upTo),
    get timestamp() {
      return queue.timestamp
    },
    get keyGroup() {
      return queue.keyGroup
    },
    get key() {
      return queue.key
    },
    get namespace() {
      return queue.namespace
    },
    get size() {
      return queue.size
    },
  }
}
