import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointStorageSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { memoryCheckpointStorage } from '../src/index.ts'

checkpointStorageSuite({ describe, test }, async () => {
  const storage = memoryCheckpointStorage()
  const savepointDirectory = await mkdtemp(join(tmpdir(), 'millrace-savepoints-'))
  return { storage: () => storage, savepointDirectory, cleanup: () => rm(savepointDirectory, { recursive: true, force: true }) }
})
