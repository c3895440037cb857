import type { Readable } from 'node:stream'
import { MillraceError } from '@millrace/core/spi'
import type { S3Requests } from '../client/s3-requests.ts'
import { formatPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'

/** An object as it was when it was opened. */
export interface OpenedObject {
  readonly location: S3Location
  readonly size: number
  readonly etag: string | undefined
}

/**
 * Fetches [start, start + target.length) into `target`. What belongs to another version of the object is refused with
 * S3_OBJECT_CHANGED. Read as a whole, the bytes are checked against the checksum of the object, if it has one.
 */
export async function fetchRange(requests: S3Requests, { location, size, etag }: OpenedObject, start: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
  const end = start + target.length
  const whole = start === 0 && end === size
  await requests.send({
    doing: 'read',
    path: formatPath(location),
    permission: 's3:GetObject',
    precondition: 'changed',
    bytes: target.length,
    ...(signal === undefined ? {} : { signal }),
    async run({ sdk, client }, abortSignal) {
      const command = new sdk.GetObjectCommand({
        Bucket: location.bucket,
        Key: location.key,
        ...(etag === undefined ? {} : { IfMatch: etag }),
        ...(whole ? { ChecksumMode: 'ENABLED' } : { Range: `bytes=${start}-${end - 1}` }),
      })
      const { Body } = await client.send(command, { abortSignal })
      const filled = await readBody(Body as Readable, target, abortSignal, (bytes) => {
        requests.statistics.bytesRead += bytes
      })
      if (filled !== target.length) throw cutOff(formatPath(location), start, end, filled)
    },
  })
}

/** How many bytes came; those beyond the end of `target` are counted and dropped. */
async function readBody(body: Readable, target: Uint8Array, signal: AbortSignal, count: (bytes: number) => void): Promise<number> {
  const stop = (): void => void body.destroy(new Error('aborted'))
  signal.addEventListener('abort', stop, { once: true })
  let filled = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      count(chunk.length)
      if (filled + chunk.length <= target.length) target.set(chunk, filled)
      filled += chunk.length
    }
    return filled
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function cutOff(path: string, start: number, end: number, filled: number): MillraceError {
  const message = `Cannot read ${path}: expected the ${end - start} bytes from ${start} to ${end}, found ${filled}: the answer of the store was cut off`
  return new MillraceError('FS_IO', message, { origin: 'external', retryable: true, at: { file: path, offset: start + filled } })
}
