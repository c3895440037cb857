import { heapStateBackend } from '@millrace/core'
import type { StateBackend } from '@millrace/core/spi'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import type { BackendName } from '../chaos-run.ts'

/** So little memory that entries come and go between it and the disk. */
const LEVELDB_BYTES = 128 * 1024

export function createBackend(name: BackendName): StateBackend {
  return name === 'heap' ? heapStateBackend() : leveldbStateBackend({ cacheBytes: LEVELDB_BYTES, writeBufferBytes: LEVELDB_BYTES, blockCacheBytes: LEVELDB_BYTES })
}
