import { MillraceError } from '@millrace/core/spi'
import { toS3Error } from '../client/s3-error.ts'
import type { S3Requests } from '../client/s3-requests.ts'

/** The most that one request takes. */
const BATCH = 1000
const PERMISSION = 's3:DeleteObject'

/** Deletes objects, as many as it may with one request. What is gone already is success. */
export async function deleteObjects(requests: S3Requests, bucket: string, keys: readonly string[]): Promise<void> {
  const [only] = keys
  if (only !== undefined && keys.length === 1) return deleteObject(requests, bucket, only)
  for (let start = 0; start < keys.length; start += BATCH) await deleteBatch(requests, bucket, keys.slice(start, start + BATCH))
}

async function deleteObject(requests: S3Requests, bucket: string, key: string): Promise<void> {
  await requests.send({
    doing: 'delete',
    path: `s3://${bucket}/${key}`,
    permission: PERMISSION,
    run: ({ sdk, client }, abortSignal) => client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }),
  })
}

async function deleteBatch(requests: S3Requests, bucket: string, keys: readonly string[]): Promise<void> {
  try {
    await requests.send({
      doing: `delete ${keys.length} objects such as`,
      path: `s3://${bucket}/${keys[0]}`,
      permission: PERMISSION,
      async run({ sdk, client }, abortSignal) {
        const { Errors = [] } = await client.send(new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }), { abortSignal })
        const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
        if (failed === undefined) return
        const { Key, Code = 'Error', Message } = failed
        throw toS3Error(Object.assign(new Error(Message ?? Code), { name: Code }), { doing: 'delete', path: `s3://${bucket}/${Key}`, permission: PERMISSION })
      },
    })
  } catch (error) {
    // Some stores have no batches.
    if (!MillraceError.is(error) || error.code !== 'S3_NOT_SUPPORTED') throw error
    for (const key of keys) await deleteObject(requests, bucket, key)
  }
}
