import { MillraceError } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { toS3Error } from '../../src/client/s3-error.ts'

const attempted = { doing: 'read', path: 's3://bucket/a/key', permission: 's3:GetObject' } as const
const sdkError = (fields: object, message = 'said the store'): Error => Object.assign(new Error(message), fields)

describe('toS3Error', () => {
  it.each([
    [{ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } }, 'FS_NOT_FOUND', false],
    [{ name: '404', $metadata: { httpStatusCode: 404 } }, 'FS_NOT_FOUND', false],
    [{ name: 'NoSuchBucket', $metadata: { httpStatusCode: 404 } }, 'S3_NO_SUCH_BUCKET', false],
    [{ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }, 'FS_ACCESS_DENIED', false],
    [{ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } }, 'FS_EXISTS', false],
    [{ name: 'ConditionalRequestConflict', $metadata: { httpStatusCode: 409 } }, 'FS_IO', true],
    [{ name: 'SlowDown', $metadata: { httpStatusCode: 503 } }, 'FS_IO', true],
    [{ name: 'Unknown', $metadata: { httpStatusCode: 502 } }, 'FS_IO', true],
    [{ name: 'BadDigest', $metadata: { httpStatusCode: 400 } }, 'S3_CHECKSUM_MISMATCH', true],
    [{ name: 'EntityTooSmall', $metadata: { httpStatusCode: 400 } }, 'FS_IO', false],
    [{ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } }, 'S3_NOT_SUPPORTED', false],
    [{ name: 'CredentialsProviderError' }, 'S3_NO_CREDENTIALS', false],
    [{ name: 'Error', code: 'ECONNRESET' }, 'FS_IO', true],
    // an answer of success that was cut off in its XML
    [{ name: 'SyntaxError', $metadata: { httpStatusCode: 200 } }, 'FS_IO', true],
  ])('%o is %s', (fields, code, retryable) => {
    const error = toS3Error(sdkError(fields), attempted)
    expect(error).toMatchObject({ code, retryable, at: { file: 's3://bucket/a/key' } })
    expect(error.message).toMatch(/^Cannot read s3:\/\/bucket\/a\/key: .*said the store/)
  })

  it('tells an object that changed from one that is in the way', () => {
    expect(toS3Error(sdkError({ name: 'PreconditionFailed' }), { ...attempted, precondition: 'changed' }).code).toBe('S3_OBJECT_CHANGED')
  })

  it('names the region of the bucket wherever the store says it', () => {
    const header = sdkError({ name: 'PermanentRedirect', $response: { headers: { 'x-amz-bucket-region': 'eu-west-3' } } })
    const inMessage = sdkError({ name: 'AuthorizationHeaderMalformed' }, "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-3'")
    for (const error of [header, inMessage]) expect(toS3Error(error, attempted)).toMatchObject({ code: 'S3_WRONG_REGION', message: expect.stringContaining("region: 'eu-west-3'") as string })
  })

  it('says which permission on what', () => {
    expect(toS3Error(sdkError({ name: 'AccessDenied' }), attempted).message).toContain('allow s3:GetObject on arn:aws:s3:::bucket/a/key')
  })

  it('leaves an error of our own as it is', () => {
    const own = new MillraceError('FS_IO', 'x', { origin: 'external' })
    expect(toS3Error(own, attempted)).toBe(own)
  })
})
