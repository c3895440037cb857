import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyedStateBackend } from '../../../spi/keyed-state-backend.ts'
import type { StateBackendContext } from '../../../spi/state-backend.ts'
import type { OrderedStoreBackendOptions } from './ordered-store-backend.ts'
import { OrderedKeyedStateBackend } from './ordered-keyed-state-backend.ts'
import { RestoredTables } from './restored-tables.ts'
import { WriteBehindStore } from './write-behind-store.ts'

/** Opens a store below the context's working directory, fills it with what is to be restored, and puts a backend over it. */
export async function openOrderedBackend(context: StateBackendContext, open: OrderedStoreBackendOptions['open'], cacheBytes: number): Promise<KeyedStateBackend> {
  const { workingDirectory, operatorUid } = context
  await mkdir(workingDirectory, { recursive: true })
  // one of its own: what else uses the working directory may come and go meanwhile
  const directory = await mkdtemp(join(workingDirectory, 'state-'))
  const removeFiles = (): Promise<void> => rm(directory, { recursive: true, force: true })
  const store = new WriteBehindStore(await open(directory), operatorUid)
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
