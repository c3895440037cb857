import type { StateBackend } from '@millrace/core/spi'
import type { Outcome, Variant } from '../rate-case.ts'
import { BATCH, update, warmUpOf } from './keyed-updates.ts'
import type { KeyedUpdates } from './keyed-updates.ts'
import { KEY_GROUPS, nextTurn, openState } from './open-state.ts'
import type { OpenState } from './open-state.ts'

/** Reads, changes and writes entries of a backend that holds all keys already. */
export function tableUpdates(stateBackend: StateBackend, updates: KeyedUpdates, keys: number): Variant {
  let state: OpenState
  const apply = async (count: number): Promise<number> => {
    let digest = 0
    for (let index = 0; index < count; index++) {
      const key = updates.at(index)
      const value = state.table.getForUpdate(key % KEY_GROUPS, updates.key(key), null)
      if (value !== undefined) digest += update(value, index)
      if (index % BATCH === 0) await pause(state)
    }
    return digest
  }
  return {
    async prepare() {
      state = await openState(stateBackend)
      for (let index = 0; index < keys; index++) {
        const key = updates.loaded(index)
        state.table.put(key % KEY_GROUPS, updates.key(key), null, { count: 0, sum: 0, at: 0 })
        if (index % BATCH === 0) await pause(state)
      }
      await apply(warmUpOf(keys))
    },
    async run(records): Promise<Outcome> {
      const digest = await apply(records)
      await state.close()
      return { rows: records, digest }
    },
  }
}

async function pause({ backend }: OpenState): Promise<void> {
  await nextTurn()
  await backend.prefetch?.([])
}
