import { resolve } from 'node:path'
import { fileCheckpointStorage } from '@millrace/core'
import type { CheckpointStorage } from '@millrace/core/spi'

export interface FilesystemCheckpointOptions {
  /**
   * A directory on a disk of this machine for a second copy of keyed state: a restart here reads it instead of fetching everything
   * from where checkpoints are kept. Nothing depends on it: what is missing or damaged is read from there.
   */
  readonly localRecovery?: string
}

/** Checkpoints below `url`: a path, or the URL of any file system the job has. */
export function filesystemCheckpointStorage(url: string, { localRecovery }: FilesystemCheckpointOptions = {}): CheckpointStorage {
  const storage = fileCheckpointStorage(url)
  if (localRecovery === undefined) return storage
  const directory = resolve(localRecovery)
  return {
    ...storage,
    async open(context) {
      // configuration must cost nothing to import
      const { withLocalCopies } = await import('./local-copies.ts')
      return withLocalCopies(await storage.open(context), `${directory}/${context.jobName}`, context.logger)
    },
  }
}
