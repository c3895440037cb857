import { MillraceError } from '@millrace/core/spi'

/** Where an object is, or with an empty or partial key, where a listing begins. */
export interface S3Location {
  readonly bucket: string
  readonly key: string
}

const PATH = /^s3:\/\/([^/]+)(?:\/(.*))?$/s

/**
 * Keys are taken as they stand, without any decoding: `s3://bucket/a%20b` names the key `a%20b`. A slash at the end is dropped.
 * Throws S3_BAD_PATH.
 */
export function parsePath(path: string): S3Location {
  const match = PATH.exec(path)
  if (match === null) {
    throw new MillraceError('S3_BAD_PATH', `Expected a path such as s3://bucket/prefix, found ${path}`, { origin: 'user', at: { file: path } })
  }
  return { bucket: match[1] as string, key: (match[2] ?? '').replace(/\/+$/, '') }
}

/** As `parsePath`, for a single object. Throws S3_BAD_PATH for a bucket without a key. */
export function parseObjectPath(path: string): S3Location {
  const location = parsePath(path)
  if (location.key !== '') return location
  throw new MillraceError('S3_BAD_PATH', `Expected the path of an object, such as s3://${location.bucket}/key, found ${path}`, { origin: 'user', at: { file: path } })
}

export function formatPath({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`
}

/** What the keys below a directory begin with. */
export function prefixOf(key: string): string {
  return key === '' ? '' : `${key}/`
}
