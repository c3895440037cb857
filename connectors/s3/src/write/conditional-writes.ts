import { randomUUID } from 'node:crypto'
import { MillraceError } from '@millrace/core/spi'
import type { S3Requests } from '../client/s3-requests.ts'
import { deleteObjects } from '../list/delete-objects.ts'
import type { S3Location } from '../s3-path.ts'
import { hiddenPrefix, hiddenSuffix } from './hidden-name.ts'
import { putObject } from './put-object.ts'

/** Asks each bucket once whether it refuses a conditional write where an object is. */
export class ConditionalWrites {
  readonly #requests: S3Requests
  readonly #verified = new Map<string, Promise<void>>()

  constructor(requests: S3Requests) {
    this.#requests = requests
  }

  /** Rejects with S3_NO_CONDITIONAL_WRITES. `near` says where this process may write. */
  async require(near: S3Location): Promise<void> {
    const { bucket } = near
    let verifying = this.#verified.get(bucket)
    if (verifying === undefined) {
      verifying = this.#verify(near)
      this.#verified.set(bucket, verifying)
    }
    try {
      await verifying
    } catch (error) {
      // A failure of the network must not be remembered as an answer.
      this.#verified.delete(bucket)
      throw error
    }
  }

  async #verify({ bucket, key }: S3Location): Promise<void> {
    // Hidden, so that one of a process killed here is in no listing, and a clean-up finds it.
    const probe = { bucket, key: hiddenPrefix(key, randomUUID()) + hiddenSuffix() }
    const doing = 'try a conditional write at'
    await putObject(this.#requests, probe, new Uint8Array(0), { doing, ifAbsent: false })
    try {
      await putObject(this.#requests, probe, new Uint8Array(0), { doing, ifAbsent: true })
    } catch (error) {
      if (MillraceError.is(error) && error.code === 'FS_EXISTS') return
      if (MillraceError.is(error) && error.code === 'S3_NOT_SUPPORTED') throw unsupported(bucket, error)
      throw error
    } finally {
      await deleteObjects(this.#requests, bucket, [probe.key])
    }
    throw unsupported(bucket)
  }
}

function unsupported(bucket: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'S3_NO_CONDITIONAL_WRITES',
    `The store of s3://${bucket} does not refuse conditional writes (If-None-Match: *) where an object is, so two processes of one job could not be kept ` +
      `apart. Keep checkpoints elsewhere; or, if something else makes sure that a job never runs twice, set conditionalWrites: false in s3FileSystem`,
    { origin: 'user', at: { file: `s3://${bucket}` }, cause },
  )
}
