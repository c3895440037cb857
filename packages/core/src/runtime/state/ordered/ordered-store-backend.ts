import type { OrderedStore } from '../../../spi/ordered-store.ts'
import type { StateBackend } from '../../../spi/state-backend.ts'

const MEBIBYTE = 1024 * 1024
const DEFAULT_CACHE_BYTES = 64 * MEBIBYTE

export interface OrderedStoreBackendOptions {
  /** Of the backend, e.g. `leveldb`. */
  readonly name: string
  /**
   * Opens an empty store in a directory that exists, belongs to it alone and is removed when it is closed. Called once per
   * keyed operator, subtask and attempt.
   */
  open(directory: string): OrderedStore | Promise<OrderedStore>
  /**
   * Memory for entries of one operator and subtask, by estimate; what is beyond it lives in the store alone. Default: 64 MiB.
   */
  readonly cacheBytes?: number
}

/**
 * A state backend over any ordered store of bytes. Everything an operator touches is held as objects in a write-back cache,
 * so the store is asked for entries that are not in it and told of those that leave it.
 */
export function orderedStoreBackend({ name, open, cacheBytes = DEFAULT_CACHE_BYTES }: OrderedStoreBackendOptions): StateBackend {
  return {
    kind: 'state-backend',
    name,
    capabilities: { largerThanMemory: true, incremental: true },
    async open(context) {
      // configuration must cost nothing to import: a job names its backend before anything runs
      const { openOrderedBackend } = await import('./open-ordered-backend.ts')
      return openOrderedBackend(context, open, cacheBytes)
    },
  }
}
