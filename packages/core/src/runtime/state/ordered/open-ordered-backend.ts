import { mkdir, rm } from 'node:fs/promises'
import type { KeyedStateBackend } from '../../../spi/keyed-state-backend.ts'
import type { StateBackendContext } from '../../../spi/state-backend.ts'
import type { OrderedStoreBackendOptions } from './ordered-store-backend.ts'
import { OrderedKeyedStateBackend } from './ordered-keyed-state-backend.ts'
import { RestoredTables } from './restored-tables.ts'
import { WriteBehindStore } from './write-behind-store.ts'

/** Opens a store in the context's working directory, fills it with what is to be restored, and puts a backend over it. */
export async function openOrderedBackend(context: StateBackendContext, open: OrderedStoreBackendOptions['open'], cacheBytes: number): Promise<KeyedStateBackend> {
  const { workingDirectory, operatorUid } = context
  const removeFiles = (): Promise<void> => rm(workingDirectory, { recursive: true, force: true })
  // a process with the same id may have left its files
  await removeFiles()
  await mkdir(workingDirectory, { recursive: true })
  const store = new WriteBehindStore(await open(workingDirectory), operatorUid)
  const restored = new RestoredTables(store, operatorUid)
  try {
    await restored.read(context.restore, context.keyGroupRange)
  } catch (error) {
    await store.close()
    await removeFiles()
    throw error
  }
  return new OrderedKeyedStateBackend(context, store, restored, cacheBytes, removeFiles)
}
