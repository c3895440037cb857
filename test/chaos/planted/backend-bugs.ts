import type { KeyedStateBackend, StateBackend, StateDefinition, StateTable, TimerQueue } from '@millrace/core/spi'
import { overriding } from '../faults/overriding.ts'
import type { PlantedBug } from './planted-bug.ts'

/** Bugs in how keyed state is kept, copied and restored. */
export const backendBugs: readonly PlantedBug[] = [
  {
    name: 'changed-in-place-after-the-barrier',
    job: 'tumbling',
    kills: ['completion-after', 'completion-after', 'completion-after'],
    backend: (backend) =>
      opened(backend, (state) => ({
        table<V>(definition: StateDefinition): StateTable<V> {
          const table = state.table<V>(definition)
          return overriding(table, { getForUpdate: (keyGroup, key, namespace) => table.get(keyGroup, key, namespace) })
        },
      })),
  },
  {
    name: 'lost-timer',
    job: 'timers',
    kills: ['completion-after', 'completion-after'],
    backend: (backend) =>
      opened(backend, (state, restored) => ({
        timers(name): TimerQueue {
          const queue = state.timers(name)
          if (restored) queue.poll(Number.POSITIVE_INFINITY)
          return queue
        },
      })),
  },
  {
    name: 'key-group-not-restored',
    job: 'session',
    kills: ['completion-after', 'completion-after'],
    backend: (backend) =>
      overriding(backend, {
        open: (context) =>
          backend.open({
            ...context,
            restore: context.restore.map((reader) => ({
              states: reader.states,
              keyGroups: reader.keyGroups,
              read: (keyGroup) => (keyGroup % 16 === 3 ? Promise.resolve(new Uint8Array()) : reader.read(keyGroup)),
            })),
          }),
      }),
  },
  {
    name: 'skipped-dirty-mark',
    job: 'keyed-count',
    kills: ['completion-after', 'completion-after'],
    backend: (backend) => opened(backend, (state) => ({ table: <V>(definition: StateDefinition) => skippingDirtyMarks(state.table<V>(definition)) })),
  },
]

function opened(backend: StateBackend, plant: (state: KeyedStateBackend, restored: boolean) => Partial<KeyedStateBackend>): StateBackend {
  return overriding(backend, {
    async open(context) {
      const state = await backend.open(context)
      return overriding(state, plant(state, context.restore.length > 0))
    },
  })
}

/** Every twentieth write is seen by the job and by no snapshot until the entry is written again. */
function skippingDirtyMarks<V>(table: StateTable<V>): StateTable<V> {
  const unmarked = new Map<string, V>()
  let writes = 0
  const idOf = (...parts: readonly unknown[]): string => JSON.stringify(parts)
  return overriding(table, {
    get: (...entry) => unmarked.get(idOf(...entry)) ?? table.get(...entry),
    put(keyGroup, key, namespace, value) {
      const id = idOf(keyGroup, key, namespace)
      unmarked.delete(id)
      if (++writes % 20 === 0) unmarked.set(id, value)
      else table.put(keyGroup, key, namespace, value)
    },
  })
}
