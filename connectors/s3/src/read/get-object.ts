import type { Readable } from 'node:stream'
import { MillraceError } from '@millrace/core/spi'
import type { LoadedSdk } from '../client/s3-sdk.ts'
import { formatPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import { ResponseBody } from './response-body.ts'

/** An object as it was when it was opened. */
export interface OpenedObject {
  readonly location: S3Location
  readonly size: number
  readonly etag: string | undefined
}

export interface AskedRange {
  readonly start: number
  readonly end: number
  /** Of the whole object: whether its bytes are compared with its checksum, which is known to be right only when the last has come. */
  readonly checked: boolean
}

/** Asks once for a range. What belongs to another version of the object is refused by the store: 412. */
export async function getObject(object: OpenedObject, { start, end, checked }: AskedRange, { sdk, client }: LoadedSdk, abortSignal: AbortSignal): Promise<ResponseBody> {
  const { location, etag } = object
  const command = new sdk.GetObjectCommand({
    Bucket: location.bucket,
    Key: location.key,
    ...(etag === undefined ? {} : { IfMatch: etag }),
    ...(checked ? { ChecksumMode: 'ENABLED' } : { Range: `bytes=${start}-${end - 1}` }),
  })
  const { Body, ContentLength = end - start } = await client.send(command, { abortSignal })
  const body = new ResponseBody(Body as Readable)
  if (ContentLength === end - start) return body
  body.destroy()
  throw wrongLength(object, start, end, ContentLength)
}

/** The answer has another length than was asked for. */
export function wrongLength({ location }: OpenedObject, start: number, end: number, found: number): MillraceError {
  const path = formatPath(location)
  const message = `Cannot read ${path}: expected the ${end - start} bytes from ${start} to ${end}, found ${found}: the answer of the store has the wrong length`
  return new MillraceError('FS_IO', message, { origin: 'external', retryable: true, at: { file: path, offset: start + Math.min(found, end - start) } })
}
