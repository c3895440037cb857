import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import { headObject } from '../client/head-object.ts'
import type { S3Requests } from '../client/s3-requests.ts'
import { formatPath } from '../s3-path.ts'
import type { S3Location } from '../s3-path.ts'
import { writeSettings } from './write-settings.ts'

export interface PutOptions {
  /** As it reads after "Cannot". */
  readonly doing: string
  /** Refuse with FS_EXISTS where an object is already. */
  readonly ifAbsent: boolean
  /** By which the writer recognises the object later. Default: a fresh one. */
  readonly writerId?: string
  readonly signal?: AbortSignal
}

/**
 * Writes an object in one request. With `ifAbsent` and a store that cannot refuse by itself, one that is there is noticed,
 * but not one that is made at the same moment.
 */
export async function putObject(requests: S3Requests, location: S3Location, bytes: Uint8Array, { doing, ifAbsent, writerId = randomUUID(), signal }: PutOptions): Promise<void> {
  const path = formatPath(location)
  const conditional = ifAbsent && requests.config.conditionalWrites
  if (ifAbsent && !conditional && (await headObject(requests, location, doing)) !== undefined) throw exists(path, doing)
  try {
    await requests.send({
      doing,
      path,
      permission: 's3:PutObject',
      precondition: 'exists',
      bytes: bytes.length,
      ...(signal === undefined ? {} : { signal }),
      async run({ sdk, client }, abortSignal) {
        const command = new sdk.PutObjectCommand({ Bucket: location.bucket, Key: location.key, Body: bytes, ...writeSettings(requests.config, writerId), ...(conditional ? { IfNoneMatch: '*' } : {}) })
        requests.statistics.bytesWritten += bytes.length
        await client.send(command, { abortSignal })
      },
    })
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'FS_EXISTS') throw error
    // An attempt whose answer was lost may have made the object that the next one met.
    const head = await headObject(requests, location, doing)
    if (head?.writerId !== writerId) throw error
  }
}

function exists(path: string, doing: string): MillraceError {
  return new MillraceError('FS_EXISTS', `Cannot ${doing} ${path}: an object of that name is there already; remove it or choose another path`, { origin: 'external', at: { file: path } })
}
