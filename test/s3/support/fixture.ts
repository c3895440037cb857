import { randomUUID } from 'node:crypto'
import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem, S3Options } from '@millrace/connector-s3'
import { createBucket } from '../../services/s3/create-bucket.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'

/** How to reach a test server. */
export function optionsFor({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Options {
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, random: () => 0 } // short waits between attempts
}

export interface S3Place {
  readonly fileSystem: S3FileSystem
  readonly bucket: string
  /** A prefix nobody else uses. */
  readonly root: string
}

const buckets = new Map<string, Promise<string>>()

/** A fresh prefix in one bucket per test file. */
export async function freshPlace(server: S3Server, options: S3Options = {}): Promise<S3Place> {
  const creating = buckets.get(server.endpoint) ?? createBucket(server)
  buckets.set(server.endpoint, creating)
  const bucket = await creating
  return { fileSystem: s3FileSystem({ ...optionsFor(server), ...options }), bucket, root: `s3://${bucket}/${randomUUID()}` }
}
