import { orderedStoreBackend } from '@millrace/core/spi'
import type { StateBackend } from '@millrace/core/spi'

export interface LevelDbStateOptions {
  /** Memory for entries as objects, of one operator in one subtask. Default: 64 MiB. */
  readonly cacheBytes?: number
  /** Memory in which LevelDB sorts what was written last, twice at times. Larger ones write less to disk. Default: 16 MiB. */
  readonly writeBufferBytes?: number
  /** Memory in which LevelDB keeps uncompressed blocks of its files. Default: 32 MiB. */
  readonly blockCacheBytes?: number
  /** Snappy compression of the files; state takes less disk and reading it more time. Default: false. */
  readonly compression?: boolean
}

export type StoreOptions = Required<Omit<LevelDbStateOptions, 'cacheBytes'>>

const MEBIBYTE = 1024 * 1024

/**
 * State in LevelDB files below the task's working directory, with what is in use as objects in memory. State may be larger
 * than memory but for its keys, of which an ordered index is kept: their length in the store and about 30 bytes each.
 */
export function leveldbStateBackend(options: LevelDbStateOptions = {}): StateBackend {
  const { cacheBytes, writeBufferBytes = 16 * MEBIBYTE, blockCacheBytes = 32 * MEBIBYTE, compression = false } = options
  return orderedStoreBackend({
    name: 'leveldb',
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    async open(directory) {
      // configuration must cost nothing to import: the binding loads when state is opened
      const { openLevelDbStore } = await import('./leveldb-store.ts')
      return openLevelDbStore(directory, { writeBufferBytes, blockCacheBytes, compression })
    },
  })
}
