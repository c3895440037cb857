import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointStorageSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { filesystemCheckpointStorage } from '../src/index.ts'

checkpointStorageSuite({ describe, test }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-checkpoints-'))
  return {
    storage: () => filesystemCheckpointStorage(join(directory, 'checkpoints')),
    savepointDirectory: join(directory, 'savepoints'),
    cleanup: () => rm(directory, { recursive: true, force: true }),
  }
})
