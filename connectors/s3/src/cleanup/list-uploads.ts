import type { S3Requests } from '../client/s3-requests.ts'
import { prefixOf } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'

export interface OpenUpload {
  readonly key: string
  readonly uploadId: string
  readonly initiatedMs: number
}

/**
 * The uploads at a key and below it that were neither completed nor aborted. The whole bucket is asked for them: MinIO lists the
 * uploads of a bucket or of one key, and nothing in between.
 */
export async function* listUploads(requests: S3Requests, { bucket, key }: S3Location): AsyncGenerator<OpenUpload> {
  const prefix = prefixOf(key)
  let marker: { readonly KeyMarker: string | undefined; readonly UploadIdMarker: string | undefined } | undefined
  do {
    const asked = marker
    const page = await requests.send({
      doing: 'list the uploads of',
      path: `s3://${bucket}`,
      permission: 's3:ListBucketMultipartUploads',
      run: ({ sdk, client }, abortSignal) => client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket, ...asked }), { abortSignal }),
    })
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || (Key !== key && !Key.startsWith(prefix))) continue
      yield { key: Key, uploadId: UploadId, initiatedMs: Initiated?.getTime() ?? 0 }
    }
    marker = page.IsTruncated === true ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  } while (marker !== undefined)
}
