import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import type { RecoverableStream, RecoverableWriter } from '@millrace/core/spi'
import type { ByteBudget } from '../client/byte-budget.ts'
import { headObject } from '../client/head-object.ts'
import type { S3Requests } from '../client/s3-requests.ts'
import { listBelow } from '../list/list-page.ts'
import { deleteObjects } from '../list/delete-objects.ts'
import { openObject, readBudgets } from '../read/open-object.ts'
import { parseObjectPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import { hiddenPrefix } from './hidden-name.ts'
import { abortUpload, completeUpload, createUpload, listParts } from './multipart-upload.ts'
import type { MultipartUpload } from './multipart-upload.ts'
import { putObject } from './put-object.ts'
import { S3RecoverableStream } from './s3-recoverable-stream.ts'
import { parseToken } from './upload-token.ts'
import type { UploadToken } from './upload-token.ts'

/**
 * Writes by multipart upload: invisible until it is completed, which is the commit. What does not fill a part yet is kept in a hidden
 * object beside the target at each `persist`. No rename, and no listing on the way to a commit.
 */
export function s3RecoverableWriter(requests: S3Requests, budget: ByteBudget): RecoverableWriter {
  return {
    async open(path) {
      const location = parseObjectPath(path)
      const id = randomUUID()
      const upload = await createUpload(requests, location, id)
      return new S3RecoverableStream(requests, budget, { id, upload, parts: [], nextPart: 1, tail: new Uint8Array(0), tails: [] })
    },
    resume: async (token) => resume(requests, budget, parseToken(token)),
    commit: async (token) => commit(requests, parseToken(token)),
    async discard(token) {
      const { path, id, uploadId } = parseToken(token)
      const location = parseObjectPath(path)
      // The store knows whether it was committed: then there is nothing to abort.
      await abortUpload(requests, { location, uploadId })
      const { bucket } = location
      await deleteObjects(requests, bucket, await hiddenKeys(requests, location, id))
    },
  }
}

async function resume(requests: S3Requests, budget: ByteBudget, token: UploadToken): Promise<RecoverableStream> {
  const { path, id, uploadId, parts, length } = token
  const location = parseObjectPath(path)
  const upload: MultipartUpload = { location, uploadId }
  const [stored, tail, keys] = await orLost(
    path,
    'its upload was completed or aborted since, perhaps by a lifecycle rule of the bucket',
    Promise.all([listParts(requests, upload), readTail(requests, location, token), hiddenKeys(requests, location, id)]),
  )
  const etags = new Map(stored.map(({ number, etag }) => [number, unquoted(etag)]))
  const missing = parts.find(({ number, etag }) => etags.get(number) !== unquoted(etag))
  if (missing !== undefined) throw lost(path, `part ${missing.number} of its upload is gone or was replaced`)
  const expected = parts.reduce((left, { bytes }) => left - bytes, length)
  if (tail.length !== expected) throw lost(path, `expected ${expected} bytes after its parts, found ${tail.length}`)
  const prefixLength = hiddenPrefix(location.key, id).length
  const nextPart = Math.max(0, ...etags.keys()) + 1
  return new S3RecoverableStream(requests, budget, { id, upload, parts, nextPart, tail, tails: keys.map((key) => key.slice(prefixLength)) })
}

async function readTail(requests: S3Requests, { bucket, key }: S3Location, { id, tail }: UploadToken): Promise<Uint8Array> {
  if (tail === null) return new Uint8Array(0)
  const file = await openObject(requests, readBudgets(requests), `s3://${bucket}/${hiddenPrefix(key, id)}${tail}`)
  try {
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

async function commit(requests: S3Requests, token: UploadToken): Promise<void> {
  const { path, id, uploadId, parts } = token
  const location = parseObjectPath(path)
  const upload: MultipartUpload = { location, uploadId }
  // Not every store refuses to complete an upload over an object.
  if (!(await isCommitted(requests, location, id))) {
    if (parts.length === 0) await commitEmpty(requests, upload, id)
    else {
      try {
        await completeUpload(requests, upload, parts)
      } catch (error) {
        // Perhaps an attempt has succeeded whose answer was lost; or the upload is gone, which not every store says clearly.
        if (await isCommitted(requests, location, id)) return deleteTails(requests, location, token)
        await orLost(path, 'neither it nor its upload exists', listParts(requests, upload))
        throw error
      }
    }
  }
  await deleteTails(requests, location, token)
}

/** An upload needs a part to be completed, and not every store takes an empty one. */
async function commitEmpty(requests: S3Requests, upload: MultipartUpload, id: string): Promise<void> {
  const path = `s3://${upload.location.bucket}/${upload.location.key}`
  await orLost(path, 'neither it nor its upload exists', listParts(requests, upload))
  await putObject(requests, upload.location, new Uint8Array(0), { doing: 'commit', ifAbsent: true, writerId: id })
  await abortUpload(requests, upload)
}

/** What is missing in the store is the content of `path`. */
async function orLost<R>(path: string, found: string, work: Promise<R>): Promise<R> {
  try {
    return await work
  } catch (error) {
    throw MillraceError.is(error) && error.code === 'FS_NOT_FOUND' ? lost(path, found, error) : error
  }
}

/** Rejects with FS_EXISTS for an object of somebody else. */
async function isCommitted(requests: S3Requests, location: S3Location, id: string): Promise<boolean> {
  const head = await headObject(requests, location, 'commit')
  if (head === undefined) return false
  if (head.writerId === id) return true
  const path = `s3://${location.bucket}/${location.key}`
  throw new MillraceError('FS_EXISTS', `Cannot commit ${path}: another object has that name already. Move it away, or write to another prefix`, { origin: 'external', at: { file: path } })
}

/** The object is published: hidden remains are untidy, no reason to fail a job. */
async function deleteTails(requests: S3Requests, { bucket, key }: S3Location, { id, tails, path }: UploadToken): Promise<void> {
  const prefix = hiddenPrefix(key, id)
  try {
    await deleteObjects(
      requests,
      bucket,
      tails.map((suffix) => prefix + suffix),
    )
  } catch (error) {
    requests.config.logger?.warn({ path, error }, 'hidden objects of a committed file could not be deleted; `millrace s3 cleanup` finds them')
  }
}

async function hiddenKeys(requests: S3Requests, { bucket, key }: S3Location, id: string): Promise<string[]> {
  const keys: string[] = []
  for await (const object of listBelow(requests, bucket, hiddenPrefix(key, id), {})) keys.push(object.key)
  return keys
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '')
}

function lost(path: string, found: string, cause?: unknown): MillraceError {
  return new MillraceError('FS_NOT_FOUND', `Cannot go on with ${path}: ${found}. Its content is lost: start from an older checkpoint or savepoint`, { origin: 'external', at: { file: path }, cause })
}
