import type { FileStatus, FileSystem } from '@millrace/core/spi'
import { cleanUp } from './cleanup/clean-up.ts'
import type { CleanUpOptions, CleanUpReport } from './cleanup/clean-up.ts'
import { ByteBudget } from './client/byte-budget.ts'
import { headObject } from './client/head-object.ts'
import { S3Requests } from './client/s3-requests.ts'
import type { S3Statistics } from './client/s3-requests.ts'
import { deleteObjects } from './list/delete-objects.ts'
import { listBelow } from './list/list-page.ts'
import { listFiles } from './list/list-files.ts'
import { openObject, readBudgets } from './read/open-object.ts'
import { toConfig } from './s3-options.ts'
import type { S3Options } from './s3-options.ts'
import { parseObjectPath, parsePath, prefixOf } from './s3-path.ts'
import { ConditionalWrites } from './write/conditional-writes.ts'
import { putObject } from './write/put-object.ts'
import { s3RecoverableWriter } from './write/s3-recoverable-writer.ts'

/** A FileSystem that says what it has asked of its store. */
export interface S3FileSystem extends FileSystem {
  readonly statistics: Readonly<S3Statistics>
  /** Finds, and removes, what killed processes have left below a path; see CleanUpOptions. */
  cleanUp(path: string, options: CleanUpOptions): Promise<CleanUpReport>
}

/** Keys collected before a batch of them is deleted. */
const DELETE_BATCH = 1000

/**
 * Objects of S3 and of stores that speak its protocol, as `s3://bucket/key`. Give it to a job as one of its `fileSystems`; sources,
 * sinks, checkpoints and savepoints then take such paths. The SDK is loaded, and credentials are looked for, when a path is first used.
 */
export function s3FileSystem(options: S3Options = {}): S3FileSystem {
  const config = toConfig(options, process.env)
  const requests = new S3Requests(config)
  const budgets = readBudgets(requests)
  const writeBudget = new ByteBudget(config.writeBudgetBytes)
  const conditionalWrites = new ConditionalWrites(requests)
  return {
    scheme: 's3',
    capabilities: { directories: false, conditionalCreate: config.conditionalWrites, publishBytes: config.partBytes },
    statistics: requests.statistics,
    async status(path): Promise<FileStatus | undefined> {
      const location = parsePath(path)
      if (location.key === '') return undefined
      const head = await headObject(requests, location, 'look at')
      return head === undefined ? undefined : { path, size: head.size, modifiedMs: head.modifiedMs, isDirectory: false }
    },
    open: (path) => openObject(requests, budgets, path),
    list: (path, { recursive = false, signal } = {}) => listFiles(requests, path, recursive, signal),
    async publish(path, bytes, { ifAbsent = false } = {}) {
      const location = parseObjectPath(path)
      if (ifAbsent && config.conditionalWrites) await conditionalWrites.require(location)
      await putObject(requests, location, bytes, { doing: 'publish', ifAbsent })
    },
    async delete(path, { recursive = false } = {}) {
      const { bucket, key } = parsePath(path)
      const itself = key === '' ? [] : [key]
      if (recursive) await deleteBelow(requests, bucket, prefixOf(key), itself)
      else await deleteObjects(requests, bucket, itself)
    },
    async mkdirs(path) {
      parsePath(path)
    },
    createRecoverableWriter: () => s3RecoverableWriter(requests, writeBudget),
    cleanUp: (path, cleanUpOptions) => cleanUp(requests, parsePath(path), cleanUpOptions),
  }
}

/** What is unfinished too, and `others`. */
async function deleteBelow(requests: S3Requests, bucket: string, prefix: string, others: readonly string[]): Promise<void> {
  let keys = [...others]
  for await (const { key } of listBelow(requests, bucket, prefix, {})) {
    keys.push(key)
    if (keys.length < DELETE_BATCH) continue
    await deleteObjects(requests, bucket, keys)
    keys = []
  }
  await deleteObjects(requests, bucket, keys)
}
