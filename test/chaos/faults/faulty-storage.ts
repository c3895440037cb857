import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '@millrace/core/spi'
import type { CheckpointStorage, CheckpointStore, StateOutput } from '@millrace/core/spi'
import type { Failpoints } from './failpoints.ts'
import { overriding } from './overriding.ts'

export interface StorageFaults {
  readonly failpoints: Failpoints
  /** Returns [0, 1). */
  readonly random: () => number
  readonly uploadFailures: number
  /** Told when a checkpoint has completed, before anybody else is. */
  readonly onCompleted: (checkpointId: number) => void
}

/** Uploads are slower by up to this, so that processes die, and data flows, in the midst of them. */
const MAX_UPLOAD_DELAY_MS = 20

/** Slow uploads, some of which fail, and the failpoints of everything that goes through the storage. */
export function faultyStorage(storage: CheckpointStorage, faults: StorageFaults): CheckpointStorage {
  const { failpoints, random, uploadFailures, onCompleted } = faults
  const faulty = (output: StateOutput, name: string): StateOutput => (random() < uploadFailures ? failing(output, name) : slow(output, failpoints, random))
  return overriding(storage, {
    async open(context) {
      const store = await storage.open(context)
      return overriding(store, {
        async acquireLease(owner) {
          const lease = await store.acquireLease(owner)
          failpoints.hit('lease-cleanup')
          return lease
        },
        async createStateOutput(checkpointId, name, target) {
          return faulty(await store.createStateOutput(checkpointId, name, target), name)
        },
        async createSharedOutput(checkpointId, name) {
          return faulty(await (store.createSharedOutput as NonNullable<CheckpointStore['createSharedOutput']>)(checkpointId, name), name)
        },
        async discardShared(needed, checkpointId) {
          failpoints.hit('clean-up-shared')
          await store.discardShared?.(needed, checkpointId)
        },
        async complete(checkpointId, metadata, target) {
          failpoints.hit('completion-before')
          const completed = await store.complete(checkpointId, metadata, target)
          onCompleted(checkpointId)
          failpoints.checkpointCompleted()
          failpoints.hit('completion-after')
          return completed
        },
        async discard(checkpointId) {
          failpoints.hit('clean-up-before')
          await store.discard(checkpointId)
        },
        async readMetadata(pointer) {
          const metadata = await store.readMetadata(pointer)
          failpoints.hit('restore-metadata')
          return metadata
        },
      })
    },
  })
}

function slow(output: StateOutput, failpoints: Failpoints, random: () => number): StateOutput {
  let [written, asked] = [0, 0]
  return overriding(output, {
    write(bytes) {
      output.write(bytes)
      if (++written === 2) failpoints.hit('upload')
    },
    ready: () => output.ready() ?? (asked++ % 16 === 0 ? delay(random() * MAX_UPLOAD_DELAY_MS) : undefined),
    async close() {
      await delay(random() * MAX_UPLOAD_DELAY_MS)
      failpoints.hit('upload-closing')
      return output.close()
    },
  })
}

function failing(output: StateOutput, name: string): StateOutput {
  return overriding(output, {
    close: () => Promise.reject(new MillraceError('FS_IO', `Cannot write ${name}: this upload was chosen to fail`, { origin: 'external', retryable: true })),
  })
}
