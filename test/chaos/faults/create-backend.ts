import { heapStateBackend } from '@millrace/core'
import type { StateBackend } from '@millrace/core/spi'
import { leveldbStateBackend } from '@millrace/statebackend-leveldb'
import type { ChaosRun } from '../chaos-run.ts'

/** So little memory that entries come and go between it and the disk; for incremental checkpoints enough to hold what changed. */
const LEVELDB_BYTES = { full: 128 * 1024, incremental: 512 * 1024 } as const

export function createBackend({ backend, snapshots }: Pick<ChaosRun, 'backend' | 'snapshots'>): StateBackend {
  const bytes = LEVELDB_BYTES[snapshots]
  return backend === 'heap' ? heapStateBackend() : leveldbStateBackend({ cacheBytes: bytes, writeBufferBytes: bytes, blockCacheBytes: bytes })
}
