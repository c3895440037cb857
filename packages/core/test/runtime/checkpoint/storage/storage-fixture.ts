import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckpointStorage } from '../../../../src/spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../../src/spi/file-system.ts'
import type { CheckpointStorageFixture } from '../../../../src/testing/checkpoint-storage-suite.ts'

export async function storageFixture(create: (directory: string) => CheckpointStorage, fileSystems: readonly FileSystem[] = []): Promise<CheckpointStorageFixture & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-checkpoints-'))
  return {
    directory,
    storage: () => create(directory),
    fileSystems,
    savepointDirectory: join(directory, 'savepoints'),
    cleanup: () => rm(directory, { recursive: true, force: true }),
  }
}
