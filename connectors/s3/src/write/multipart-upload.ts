import { MillraceError } from '@millrace/core/spi'
import type { S3Requests } from '../client/s3-requests.ts'
import { formatPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import type { UploadedPart } from './upload-token.ts'
import { writeSettings } from './write-settings.ts'

/** A multipart upload of the store. */
export interface MultipartUpload {
  readonly location: S3Location
  readonly uploadId: string
}

export async function createUpload(requests: S3Requests, location: S3Location, writerId: string): Promise<MultipartUpload> {
  const { checksums } = requests.config
  const { UploadId } = await requests.send({
    doing: 'begin an upload to',
    path: formatPath(location),
    permission: 's3:PutObject',
    run: ({ sdk, client }, abortSignal) =>
      client.send(
        new sdk.CreateMultipartUploadCommand({ Bucket: location.bucket, Key: location.key, ...writeSettings(requests.config, writerId), ...(checksums === 'crc32' ? { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } : {}) }),
        { abortSignal },
      ),
  })
  return { location, uploadId: UploadId ?? '' }
}

export async function uploadPart(requests: S3Requests, { location, uploadId }: MultipartUpload, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<UploadedPart> {
  const { checksums } = requests.config
  const { ETag, ChecksumCRC32 } = await requests.send({
    doing: `upload part ${number} of`,
    path: formatPath(location),
    permission: 's3:PutObject',
    bytes: bytes.length,
    signal,
    run({ sdk, client }, abortSignal) {
      requests.statistics.bytesWritten += bytes.length
      const command = new sdk.UploadPartCommand({
        Bucket: location.bucket,
        Key: location.key,
        UploadId: uploadId,
        PartNumber: number,
        Body: bytes,
        ...(checksums === 'crc32' ? { ChecksumAlgorithm: 'CRC32' } : {}),
      })
      return client.send(command, { abortSignal })
    },
  })
  return { number, bytes: bytes.length, etag: ETag ?? '', crc32: ChecksumCRC32 ?? null }
}

/** Rejects with FS_EXISTS if an object is there and the store can tell, FS_NOT_FOUND if the upload is gone. */
export async function completeUpload(requests: S3Requests, { location, uploadId }: MultipartUpload, parts: readonly UploadedPart[]): Promise<void> {
  await requests.send({
    doing: 'commit',
    path: formatPath(location),
    permission: 's3:PutObject',
    precondition: 'exists',
    run: ({ sdk, client }, abortSignal) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({
          Bucket: location.bucket,
          Key: location.key,
          UploadId: uploadId,
          MultipartUpload: { Parts: parts.map(({ number, etag, crc32 }) => ({ PartNumber: number, ETag: etag, ...(crc32 === null ? {} : { ChecksumCRC32: crc32 }) })) },
          ...(requests.config.conditionalWrites ? { IfNoneMatch: '*' } : {}),
        }),
        { abortSignal },
      ),
  })
}

/** An upload that is gone already is success. */
export async function abortUpload(requests: S3Requests, { location, uploadId }: MultipartUpload): Promise<void> {
  try {
    await requests.send({
      doing: 'abort an upload to',
      path: formatPath(location),
      permission: 's3:AbortMultipartUpload',
      run: ({ sdk, client }, abortSignal) => client.send(new sdk.AbortMultipartUploadCommand({ Bucket: location.bucket, Key: location.key, UploadId: uploadId }), { abortSignal }),
    })
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_NOT_FOUND') throw error
  }
}

export interface StoredPart {
  readonly number: number
  readonly etag: string
  readonly modifiedMs: number
}

/** In order of their numbers. Rejects with FS_NOT_FOUND if the upload is gone. */
export async function listParts(requests: S3Requests, { location, uploadId }: MultipartUpload): Promise<readonly StoredPart[]> {
  const found: StoredPart[] = []
  let marker: string | undefined
  do {
    const { Parts = [], IsTruncated, NextPartNumberMarker } = await requests.send({
      doing: 'look at the parts of',
      path: formatPath(location),
      permission: 's3:ListMultipartUploadParts',
      run: ({ sdk, client }, abortSignal) =>
        client.send(new sdk.ListPartsCommand({ Bucket: location.bucket, Key: location.key, UploadId: uploadId, ...(marker === undefined ? {} : { PartNumberMarker: marker }) }), { abortSignal }),
    })
    found.push(...Parts.map(({ PartNumber, ETag, LastModified }) => ({ number: PartNumber ?? 0, etag: ETag ?? '', modifiedMs: LastModified?.getTime() ?? 0 })))
    marker = IsTruncated === true ? NextPartNumberMarker : undefined
  } while (marker !== undefined)
  return found
}
