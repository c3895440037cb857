import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import type { CheckpointStore, Logger, StateHandle, StateOutput } from '@millrace/core/spi'
import { localCopyOutput, nameOf, openLocalCopy } from './local-copy.ts'

const SHARED = /^\.\.\/(shared-\d+\.e\d+)\//
const CHECKPOINT = /(chk-\d+)\.e\d+(?:\/_metadata)?\/*$/
const CHECKPOINT_COPIES = /^chk-(\d+)$/
const SHARED_COPIES = /^shared-(\d+)\.e(\d+)$/

/**
 * A checkpoint store that also keeps the state files of the job's checkpoints below `directory`, in one directory for each checkpoint they
 * were written for, and reads them there. Every state file gets a name that no other has: a copy is never taken for another file.
 */
export function withLocalCopies(store: CheckpointStore, directory: string, logger: Logger): CheckpointStore {
  const unique = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`
  const copied = (output: StateOutput, checkpointId: number): StateOutput => localCopyOutput(output, directory, ({ path }) => SHARED.exec(path)?.[1] ?? `chk-${checkpointId}`, logger)
  let epoch = 0
  const { createSharedOutput, discardShared } = store
  return {
    async acquireLease(owner) {
      const lease = await store.acquireLease(owner)
      epoch = lease.epoch
      const completed = new Set((await store.list()).map(({ checkpointId }) => checkpointId))
      for (const name of await namesIn(directory)) {
        const [, checkpointId] = CHECKPOINT_COPIES.exec(name) ?? []
        // what a killed process never completed
        if (name.startsWith('.') || (checkpointId !== undefined && !completed.has(Number(checkpointId)))) await rm(`${directory}/${name}`, { recursive: true, force: true })
      }
      return lease
    },
    async createStateOutput(checkpointId, name, target) {
      if (target !== undefined) return store.createStateOutput(checkpointId, name, target)
      return copied(await store.createStateOutput(checkpointId, unique(name), target), checkpointId)
    },
    ...(createSharedOutput && { createSharedOutput: async (checkpointId: number, name: string) => copied(await createSharedOutput.call(store, checkpointId, unique(name)), checkpointId) }),
    ...(discardShared && {
      async discardShared(needed: readonly StateHandle[], checkpointId: number) {
        await discardShared.call(store, needed, checkpointId)
        await removeShared(directory, new Set(needed.map(nameOf)), (id, writtenIn) => writtenIn < epoch || (writtenIn === epoch && id <= checkpointId))
      },
    }),
    complete: (checkpointId, metadata, target) => store.complete(checkpointId, metadata, target),
    list: () => store.list(),
    readMetadata: (pointer) => store.readMetadata(pointer),
    async openState(pointer, handle) {
      const name = (SHARED.exec(handle.path) ?? CHECKPOINT.exec(pointer))?.[1]
      const copy = name === undefined ? undefined : await openLocalCopy(`${directory}/${name}`, handle, logger)
      return copy ?? store.openState(pointer, handle)
    },
    async discard(checkpointId) {
      await store.discard(checkpointId)
      await rm(`${directory}/chk-${checkpointId}`, { recursive: true, force: true })
    },
    close: () => store.close(),
  }
}

/** Copies that `isOld` and not `needed`, which are names of state files. */
async function removeShared(directory: string, needed: ReadonlySet<string>, isOld: (checkpointId: number, epoch: number) => boolean): Promise<void> {
  for (const name of await namesIn(directory)) {
    const [, checkpointId, epoch] = SHARED_COPIES.exec(name) ?? []
    if (checkpointId === undefined || !isOld(Number(checkpointId), Number(epoch))) continue
    const copies = await namesIn(`${directory}/${name}`)
    const unneeded = copies.filter((copy) => !needed.has(copy.slice(0, copy.lastIndexOf('.'))))
    if (unneeded.length === copies.length) await rm(`${directory}/${name}`, { recursive: true, force: true })
    else for (const copy of unneeded) await rm(`${directory}/${name}/${copy}`, { force: true })
  }
}

function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => [])
}
