import { resolve } from 'node:path'
import type { CheckpointStorage } from '../../../spi/checkpoint-storage.ts'

const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i

/**
 * Checkpoints as files below `url`: a path, or the URL of any registered file system.
 *
 *     <url>/<job>/lease-<epoch>                     who may write
 *     <url>/<job>/chk-<id>.e<epoch>/…, _metadata    a checkpoint; complete once it has its _metadata
 *     <url>/<job>/shared-<id>.e<epoch>/…            state of incremental checkpoints, which later ones need as well
 *     <savepoint directory>/savepoint-<job>-<id>.e<epoch>/…
 *
 * The epoch in the name keeps a process that has lost its lease from ever writing where its successor does. Executors
 * must be opened after the coordinator has acquired the lease: they write under the epoch they find.
 */
export function fileCheckpointStorage(url: string): CheckpointStorage {
  const root = (HAS_SCHEME.test(url) ? url : resolve(url)).replace(/\/+$/, '')
  return {
    kind: 'checkpoint-storage',
    name: 'files',
    durable: true,
    async open(context) {
      // configuration must cost nothing to import
      const { openFileCheckpointStore } = await import('./file-checkpoint-store.ts')
      return openFileCheckpointStore(root, context)
    },
  }
}
