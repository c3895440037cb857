import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem } from '@millrace/connector-s3'
import type { FileSystem } from '@millrace/core/spi'
import { createFileSystems } from '@millrace/core/testing'
import type { S3Server } from '../../services/s3/s3-server.ts'
import type { ChaosRun } from '../chaos-run.ts'

/** Where in object storage a run keeps what it writes. Plain data. */
export interface S3Place {
  /** Through the faulty network. */
  readonly server: S3Server
  /** A prefix of this run alone: `s3://bucket/prefix`. */
  readonly root: string
  /** The input lies there too. */
  readonly input: boolean
}

/** More attempts than by default, and shorter waits: faults are more frequent than anywhere else. */
export function s3FileSystemOf({ server: { endpoint, region, accessKeyId, secretAccessKey } }: S3Place): S3FileSystem {
  return s3FileSystem({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 12, random: () => 0.1 })
}

/** The file system of a path of this run. */
export function fileSystemOf({ s3 }: ChaosRun, path: string): FileSystem {
  return s3 !== undefined && path.startsWith('s3:') ? s3FileSystemOf(s3) : createFileSystems().forPath(path)
}
