import { randomUUID } from 'node:crypto'
import { fileCheckpointStorage } from '@millrace/core'
import { checkpointStorageSuite, fileSystemSuite, recoverableWriterSuite } from '@millrace/core/testing'
import { describe, test } from 'vitest'
import { freshPlace } from './support/fixture.ts'
import { onEachServer } from './support/with-servers.ts'

onEachServer('s3', (server) => {
  const fixture = async (): Promise<Awaited<ReturnType<typeof freshPlace>> & { cleanup(): Promise<void> }> => ({ ...(await freshPlace(server)), cleanup: async () => {} })
  fileSystemSuite({ describe, test }, fixture)
  recoverableWriterSuite({ describe, test }, fixture)
  checkpointStorageSuite({ describe, test }, async () => {
    const { fileSystem, root } = await freshPlace(server)
    return {
      storage: () => fileCheckpointStorage(`${root}/checkpoints`),
      fileSystems: [fileSystem],
      savepointDirectory: `${root}/savepoints-${randomUUID()}`,
      cleanup: async () => {},
    }
  })
})
