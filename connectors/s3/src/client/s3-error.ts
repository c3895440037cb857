import { describeError, MillraceError } from '@millrace/core/spi'

/** What was being done, for messages. */
export interface Attempted {
  /** As it reads after "Cannot": `read`, `list`. */
  readonly doing: string
  /** The path of the object, prefix or bucket. */
  readonly path: string
  /** What IAM calls it: `s3:GetObject`. */
  readonly permission: string
  /** What a failed precondition means: an object that is there already, or one that is no longer what was opened. */
  readonly precondition?: 'exists' | 'changed'
}

interface Mapping {
  readonly code: string
  readonly origin: 'user' | 'external'
  readonly retryable: boolean
  readonly remedy: string
}

const mapping = (code: string, origin: 'user' | 'external', retryable: boolean, remedy: string): Mapping => ({ code, origin, retryable, remedy })

const AGAIN = mapping('FS_IO', 'external', true, 'the store or the network failed')
const THROTTLED = mapping('FS_IO', 'external', true, 'the store asks for fewer requests')
const CORRUPTED = mapping('S3_CHECKSUM_MISMATCH', 'external', true, 'bytes were damaged on the way, or the object is damaged')
const REFUSED = mapping('FS_IO', 'external', false, 'the store refused the request')
const CREDENTIALS = mapping('S3_BAD_CREDENTIALS', 'user', false, 'the store does not know these credentials; check access key and secret, and that they belong to this endpoint')
const EXPIRED = mapping('S3_TOKEN_EXPIRED', 'external', false, 'the session token has expired; log in again, or give s3FileSystem a function that fetches new credentials')
const SKEWED = mapping('S3_CLOCK_SKEW', 'external', false, 'the clock of this machine differs from that of the store by more than 15 minutes; set it right, for instance with NTP')
const NOT_FOUND = mapping('FS_NOT_FOUND', 'external', false, 'there is no such object; check the path')
const UNSUPPORTED = mapping('S3_NOT_SUPPORTED', 'external', false, 'this store does not have that function')

const BY_NAME: Readonly<Record<string, Mapping>> = {
  NoSuchKey: NOT_FOUND,
  NotFound: NOT_FOUND,
  NoSuchUpload: mapping('FS_NOT_FOUND', 'external', false, 'this upload was completed or aborted before, by a lifecycle rule perhaps'),
  InvalidPart: mapping('FS_IO', 'external', false, 'the store does not take these parts: one was replaced, or, as with radosgw, a failed attempt had uploaded others and the store wants them too; write to another store'),
  NoSuchBucket: mapping('S3_NO_SUCH_BUCKET', 'user', false, 'there is no such bucket; check its name, the endpoint and the credentials'),
  InvalidBucketName: mapping('S3_NO_SUCH_BUCKET', 'user', false, 'this cannot be the name of a bucket; check it'),
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  InvalidTokenId: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  CredentialsProviderError: mapping('S3_NO_CREDENTIALS', 'user', false, 'no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or pass credentials to s3FileSystem'),
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  RequestTimeTooSkewed: SKEWED,
  RequestExpired: SKEWED,
  NotImplemented: UNSUPPORTED,
  SlowDown: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  TooManyRequests: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  BandwidthLimitExceeded: THROTTLED,
  BadDigest: CORRUPTED,
  XAmzContentChecksumMismatch: CORRUPTED,
  XAmzContentSHA256Mismatch: CORRUPTED,
  InvalidDigest: CORRUPTED,
  RequestTimeout: AGAIN,
  RequestTimeoutException: AGAIN,
  TimeoutError: AGAIN,
  InternalError: AGAIN,
  OperationAborted: AGAIN,
  ConditionalRequestConflict: AGAIN,
  IncompleteBody: AGAIN,
}

const WRONG_REGION: ReadonlySet<string> = new Set(['PermanentRedirect', 'TemporaryRedirect', 'Redirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', '301', '307'])

/** The parts of an SDK error that matter here; all of them may be missing. */
interface SdkError {
  readonly name?: unknown
  readonly code?: unknown
  readonly Region?: unknown
  readonly Endpoint?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, string>> }
}

export function sdkErrorName(error: unknown): string {
  const name = typeof error === 'object' && error !== null ? (error as SdkError).name : undefined
  return typeof name === 'string' ? name : ''
}

export function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { $metadata, $response } = error as SdkError
  return $metadata?.httpStatusCode ?? $response?.statusCode
}

/** Whatever the SDK throws, as one error that says what to change. A MillraceError is returned as it is. */
export function toS3Error(error: unknown, attempted: Attempted): MillraceError {
  if (MillraceError.is(error)) return error
  const { code, origin, retryable, remedy } = mappingOf(error, attempted)
  const { doing, path } = attempted
  return new MillraceError(code, `Cannot ${doing} ${path}: ${remedy} (${detail(error)})`, { origin, retryable, at: { file: path }, cause: error })
}

function mappingOf(error: unknown, { path, permission, precondition }: Attempted): Mapping {
  const name = sdkErrorName(error)
  const status = httpStatus(error)
  const region = regionOf(error)
  if (WRONG_REGION.has(name) && (region !== undefined || name !== 'AuthorizationHeaderMalformed')) {
    const where = region === undefined ? 'in another region' : `in region ${region}`
    return mapping('S3_WRONG_REGION', 'user', false, `the bucket is ${where}; ${region === undefined ? 'set the region of s3FileSystem' : `set region: '${region}' in s3FileSystem, or AWS_REGION=${region}`}`)
  }
  if (name === 'AuthorizationHeaderMalformed') return CREDENTIALS
  const byName = BY_NAME[name]
  if (byName !== undefined) return byName
  const message = describeError(error)
  if (/region is missing/i.test(message)) return mapping('S3_NO_REGION', 'user', false, 'no region is known; pass region to s3FileSystem, or set AWS_REGION')
  if (/checksum mismatch/i.test(message)) return CORRUPTED
  if (name === 'PreconditionFailed' || status === 412) {
    if (precondition === 'changed') return mapping('S3_OBJECT_CHANGED', 'external', false, 'the object was replaced while it was being read; write new content to new keys')
    return mapping('FS_EXISTS', 'external', false, 'an object of that name is there already')
  }
  if (name === 'AccessDenied' || name === 'Forbidden' || status === 403 || status === 401) {
    return mapping('FS_ACCESS_DENIED', 'external', false, `these credentials may not do this; allow ${permission} on ${arnOf(path)}`)
  }
  if (status === 404) return NOT_FOUND
  if (status === 501 || status === 405) return UNSUPPORTED
  if (status === 429 || status === 503) return THROTTLED
  // Without a status, or with one of success, the answer was cut off or never came.
  if (status === undefined || status >= 500 || status < 300) return AGAIN
  return REFUSED
}

function regionOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { Region, $response } = error as SdkError
  const region = $response?.headers?.['x-amz-bucket-region'] ?? (typeof Region === 'string' ? Region : undefined)
  if (region !== undefined) return region
  return /(?:expecting|expected) '([a-z0-9-]+)'/.exec(describeError(error))?.[1]
}

function arnOf(path: string): string {
  return path.replace(/^s3:\/\//, 'arn:aws:s3:::')
}

function detail(error: unknown): string {
  const name = sdkErrorName(error)
  const code = typeof error === 'object' && error !== null && typeof (error as SdkError).code === 'string' ? (error as { code: string }).code : undefined
  const status = httpStatus(error)
  const head = [...new Set([name, code, status === undefined ? undefined : String(status)])].filter((part) => part !== undefined && part !== '' && part !== 'Error')
  const message = describeError(error)
  return [head.join(' '), message].filter((part) => part !== '' && part !== head.join(' ')).join(': ')
}
