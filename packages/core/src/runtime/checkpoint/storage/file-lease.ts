import { hostname } from 'node:os'
import { MillraceError } from '../../../errors.ts'
import type { CheckpointLease, CheckpointStorageContext } from '../../../spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../spi/file-system.ts'
import { baseName } from './base-name.ts'
import { readWhole } from './metadata-file.ts'
import { isProcessGone } from './process-liveness.ts'

/** A holder that has not renewed its lease for so long has lost it. Renew several times within. */
export const LEASE_EXPIRY_MS = 30_000

const LEASE_FILE = /^lease-(\d+)$/
const MAX_ATTEMPTS = 10

interface LeaseRecord {
  readonly owner: string
  readonly pid: number
  /** Tells a process from an earlier one of the same pid: in a container every one may have pid 1. */
  readonly processStartedMs: number
  readonly host: string
  readonly renewedMs: number
  readonly released: boolean
}

/** The lease of a job as files `lease-<epoch>`, of which the newest counts. Clocks of the hosts may differ by some seconds. */
export interface FileLease extends CheckpointLease {
  /** Rejects with CKPT_FENCED when a newer lease exists, or this one was released. */
  requireHeld(): Promise<void>
}

/** Epoch of the newest lease in a directory; 0 if there never was one. */
export async function newestLeaseEpoch(fileSystem: FileSystem, directory: string): Promise<number> {
  let newest = 0
  for (const epoch of await leaseEpochs(fileSystem, directory)) newest = Math.max(newest, epoch)
  return newest
}

/**
 * Takes the lease unless a live process holds it (CKPT_LEASE_HELD). One whose process on this host is gone is taken over
 * at once, any other after LEASE_EXPIRY_MS without renewal. Of several contenders the one whose file is created first wins.
 */
export async function acquireFileLease(fileSystem: FileSystem, directory: string, owner: string, context: CheckpointStorageContext): Promise<FileLease> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const newest = await newestLeaseEpoch(fileSystem, directory)
    if (newest > 0) await requireFree(leasePath(directory, newest), context)
    const epoch = newest + 1
    const lease = createLease(fileSystem, directory, epoch, owner, context)
    if (!(await lease.create())) continue
    for (const old of await leaseEpochs(fileSystem, directory)) if (old < epoch) await fileSystem.delete(leasePath(directory, old))
    return lease
  }
  throw new MillraceError('CKPT_LEASE_HELD', `Others took the lease of job '${context.jobName}' in ${directory} ${MAX_ATTEMPTS} times in a row; look for processes that are restarted over and over`, {
    origin: 'user',
    retryable: true,
    at: { file: directory },
  })
}

function createLease(fileSystem: FileSystem, directory: string, epoch: number, owner: string, context: CheckpointStorageContext): FileLease & { create(): Promise<boolean> } {
  const path = leasePath(directory, epoch)
  let held = true
  const publish = (released: boolean, ifAbsent: boolean): Promise<void> => {
    const record: LeaseRecord = { owner, pid: process.pid, processStartedMs: performance.timeOrigin, host: hostname(), renewedMs: context.now(), released }
    return fileSystem.publish(path, new TextEncoder().encode(JSON.stringify(record)), { ifAbsent })
  }
  const requireHeld = async (): Promise<void> => {
    if (held && (await newestLeaseEpoch(fileSystem, directory)) === epoch) return
    held = false
    throw fenced(context.jobName, directory, epoch)
  }
  return {
    epoch,
    requireHeld,
    async create() {
      try {
        await publish(false, fileSystem.capabilities.conditionalCreate)
      } catch (error) {
        if (MillraceError.is(error) && error.code === 'FS_EXISTS') return false
        throw error
      }
      // without conditional creation the last of several writers has it
      if (fileSystem.capabilities.conditionalCreate) return true
      context.logger.warn({ directory }, 'this file system cannot create a file conditionally: two processes that start one job at the same moment may both run')
      return (await readLease(path, context))?.owner === owner
    },
    async renew() {
      await requireHeld()
      await publish(false, false)
    },
    async release() {
      if (!held) return
      const current = await newestLeaseEpoch(fileSystem, directory)
      held = false
      if (current === epoch) await publish(true, false)
    },
  }
}

/** The error of who writes under an epoch that is not, or no longer, the newest. */
export function fenced(jobName: string, directory: string, epoch: number): MillraceError {
  const message = `This process does not have the lease of job '${jobName}' in ${directory} (its epoch is ${epoch}): another one has taken it over, or it was released. Nothing was written; stop this process`
  return new MillraceError('CKPT_FENCED', message, { origin: 'external', at: { file: leasePath(directory, epoch) } })
}

async function requireFree(path: string, context: CheckpointStorageContext): Promise<void> {
  const record = await readLease(path, context)
  if (record === undefined || record.released) return
  const { pid, host, owner, renewedMs } = record
  if (host === hostname() && isGone(record)) return
  const expiresInMs = renewedMs + LEASE_EXPIRY_MS - context.now()
  if (expiresInMs <= 0) return
  const message =
    `Job '${context.jobName}' is already running on these checkpoints: process ${pid} on ${host} (owner ${owner}) has the lease ${path}. ` +
    `Stop it, or give this one another name or checkpoint directory. If that process is dead, try again in ${Math.ceil(expiresInMs / 1000)} s`
  throw new MillraceError('CKPT_LEASE_HELD', message, { origin: 'user', retryable: true, at: { file: path } })
}

async function readLease(path: string, context: CheckpointStorageContext): Promise<LeaseRecord | undefined> {
  const bytes = await readWhole(context.fileSystems, path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as LeaseRecord
  } catch (error) {
    const message = `The lease ${path} cannot be read. Delete it if no process runs job '${context.jobName}'`
    throw new MillraceError('CKPT_CORRUPT', message, { origin: 'external', at: { file: path }, cause: error })
  }
}

async function leaseEpochs(fileSystem: FileSystem, directory: string): Promise<number[]> {
  const epochs: number[] = []
  for await (const { path } of fileSystem.list(directory)) {
    const epoch = LEASE_FILE.exec(baseName(path))?.[1]
    if (epoch !== undefined) epochs.push(Number(epoch))
  }
  return epochs
}

function leasePath(directory: string, epoch: number): string {
  return `${directory}/lease-${epoch}`
}

function isGone({ pid, processStartedMs }: LeaseRecord): boolean {
  if (pid === process.pid) return processStartedMs !== performance.timeOrigin
  return isProcessGone(pid)
}
