import { durationMs, MillraceError } from '@millrace/core/spi'
import type { Duration } from '@millrace/core/spi'
import type { S3Requests } from '../client/s3-requests.ts'
import { deleteObjects } from '../list/delete-objects.ts'
import { listBelow } from '../list/list-page.ts'
import type { ListedObject } from '../list/list-page.ts'
import { prefixOf } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import { hiddenBeginning, isHiddenKey } from '../write/hidden-name.ts'
import { abortUpload, listParts } from '../write/multipart-upload.ts'
import { listUploads } from './list-uploads.ts'
import type { OpenUpload } from './list-uploads.ts'

export interface CleanUpOptions {
  /**
   * Only what was not touched for so long. Longer than any job runs without a checkpoint, and than any checkpoint or savepoint that will
   * still be restored is old: an unfinished file may be part of it.
   */
  readonly olderThan: Duration
  /** Only find. */
  readonly dryRun?: boolean
}

export interface FoundUpload {
  /** The object it would have become. */
  readonly path: string
  readonly initiatedMs: number
}

export interface FoundObject {
  readonly path: string
  readonly size: number
}

export interface CleanUpReport {
  /** Uploads that were neither committed nor given up, aborted now. */
  readonly uploads: readonly FoundUpload[]
  /** Hidden objects that belonged to such uploads, deleted now. */
  readonly objects: readonly FoundObject[]
  /** Uploads that are younger, and so perhaps at work. */
  readonly kept: readonly FoundUpload[]
}

/** Aborts uploads that nobody goes on with, whoever began them, and deletes the hidden objects of this package that no upload needs. */
export async function cleanUp(requests: S3Requests, location: S3Location, { olderThan, dryRun = false }: CleanUpOptions): Promise<CleanUpReport> {
  const untilMs = requests.config.clock.now() - durationMs(olderThan)
  const { bucket } = location
  const old: OpenUpload[] = []
  const kept: OpenUpload[] = []
  for await (const upload of listUploads(requests, location)) {
    const lastUsedMs = await lastUsed(requests, bucket, upload)
    if (lastUsedMs !== undefined) (lastUsedMs < untilMs ? old : kept).push(upload)
  }
  const needed = kept.map(({ key }) => hiddenBeginning(key))
  const objects: ListedObject[] = []
  for await (const object of listBelow(requests, bucket, prefixOf(location.key), {})) {
    if (isHiddenKey(object.key) && object.modifiedMs < untilMs && !needed.some((beginning) => object.key.startsWith(beginning))) objects.push(object)
  }
  if (!dryRun) {
    for (const { key, uploadId } of old) await abortUpload(requests, { location: { bucket, key }, uploadId })
    await deleteObjects(
      requests,
      bucket,
      objects.map(({ key }) => key),
    )
  }
  const found = ({ key, initiatedMs }: OpenUpload): FoundUpload => ({ path: `s3://${bucket}/${key}`, initiatedMs })
  return { uploads: old.map(found), objects: objects.map(({ key, size }) => ({ path: `s3://${bucket}/${key}`, size })), kept: kept.map(found) }
}

/** When its last part came; undefined if it was completed or aborted meanwhile. */
async function lastUsed(requests: S3Requests, bucket: string, { key, uploadId, initiatedMs }: OpenUpload): Promise<number | undefined> {
  try {
    const parts = await listParts(requests, { location: { bucket, key }, uploadId })
    return parts.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), initiatedMs)
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_NOT_FOUND') throw error
    return undefined
  }
}
