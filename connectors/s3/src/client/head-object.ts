import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { MillraceError } from '@millrace/core/spi'
import { formatPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import { httpStatus, sdkErrorName } from './s3-error.ts'
import type { S3Requests } from './s3-requests.ts'

export interface ObjectHead {
  readonly size: number
  readonly modifiedMs: number
  readonly etag: string | undefined
  /** Of the upload or publication that made it, if it was one of ours. */
  readonly writerId: string | undefined
}

/** The user metadata by which a writer recognises what it has written. */
export const WRITER_ID = 'millrace-writer'

/** What is at a key; undefined if nothing is. Rejects with S3_NO_SUCH_BUCKET where the bucket is missing. */
export async function headObject(requests: S3Requests, location: S3Location, doing: string): Promise<ObjectHead | undefined> {
  const path = formatPath(location)
  const Bucket = location.bucket
  const Key = location.key
  try {
    const head = await requests.send({
      doing,
      path,
      permission: 's3:GetObject',
      async run({ sdk, client }, abortSignal) {
        try {
          return await client.send(new sdk.HeadObjectCommand({ Bucket, Key }), { abortSignal })
        } catch (error) {
          // The answer to HEAD has no body, and so no reason. The same question as a GET has one.
          const status = httpStatus(error)
          if (status !== 400 && status !== 403 && status !== 301) throw error
          await client.send(new sdk.GetObjectCommand({ Bucket, Key, Range: 'bytes=0-0' }), { abortSignal })
          throw error
        }
      },
    })
    return toHead(head)
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_NOT_FOUND') throw error
    await requireBucket(requests, location.bucket, doing)
    return undefined
  }
}

/** A missing bucket answers HEAD as a missing object does. */
async function requireBucket(requests: S3Requests, bucket: string, doing: string): Promise<void> {
  if (requests.knownBuckets.has(bucket)) return
  const path = `s3://${bucket}`
  await requests.send({
    doing,
    path,
    permission: 's3:ListBucket',
    async run({ sdk, client }, abortSignal) {
      try {
        await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }), { abortSignal })
      } catch (error) {
        // Who may not look at the bucket at all can still use objects in it.
        if (httpStatus(error) === 403) return
        if (httpStatus(error) === 404 || sdkErrorName(error) === 'NotFound') throw Object.assign(new Error('the answer to HEAD was 404'), { name: 'NoSuchBucket' })
        throw error
      }
    },
  })
  requests.knownBuckets.add(bucket)
}

function toHead({ ContentLength, LastModified, ETag, Metadata }: HeadObjectCommandOutput): ObjectHead {
  return { size: ContentLength ?? 0, modifiedMs: LastModified?.getTime() ?? 0, etag: ETag, writerId: Metadata?.[WRITER_ID] }
}
