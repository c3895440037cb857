import type { S3Requests } from '../client/s3-requests.ts'
import { formatPath } from '../s3-path.ts'
import { getObject, wrongLength } from './get-object.ts'
import type { OpenedObject } from './get-object.ts'

/**
 * Fetches [start, start + target.length) into `target` by a request of its own. What belongs to another version of the object is refused
 * with S3_OBJECT_CHANGED. Read as a whole, the bytes are checked against the checksum of the object, if it has one.
 */
export async function fetchRange(requests: S3Requests, object: OpenedObject, start: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
  const end = start + target.length
  await requests.send({
    doing: 'read',
    path: formatPath(object.location),
    permission: 's3:GetObject',
    precondition: 'changed',
    bytes: target.length,
    ...(signal === undefined ? {} : { signal }),
    async run(loaded, abortSignal) {
      const body = await getObject(object, { start, end, checked: start === 0 && end === object.size }, loaded, abortSignal)
      let filled = 0
      await body.receive((chunk) => {
        requests.statistics.bytesRead += chunk.length
        if (filled + chunk.length <= target.length) target.set(chunk, filled)
        filled += chunk.length
        return true
      }, abortSignal)
      if (filled !== target.length) throw wrongLength(object, start, end, filled)
    },
  })
}
