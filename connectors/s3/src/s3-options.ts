import { durationMs, MillraceError } from '@millrace/core/spi'
import type { Duration, Logger } from '@millrace/core/spi'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
  /** When temporary credentials end; a function that supplies them is called again in time. */
  readonly expiration?: Date
}

/** Time as the retries see it. */
export interface S3Clock {
  now(): number
  /** Runs `action` once, `delayMs` from now; the function returned takes it back. */
  schedule(delayMs: number, action: () => void): () => void
}

export interface S3Options {
  /** Default: that of the environment or the AWS profile; `us-east-1` with an endpoint of one's own. */
  readonly region?: string
  /** Of a server that is not AWS: `http://127.0.0.1:9000`. Default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, otherwise AWS. */
  readonly endpoint?: string
  /** The bucket in the path of requests instead of the host name. Default: true with an endpoint of one's own. */
  readonly forcePathStyle?: boolean
  /** Default: the SDK's chain of environment, profile, web identity, container and instance metadata. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>)
  /**
   * Whether the store refuses a conditional PUT (`If-None-Match: *`) where an object is, atomically: what the lease of checkpoints
   * needs. It is tried once per bucket, and S3_NO_CONDITIONAL_WRITES says when it does not. With false that is not asked for: two
   * processes that start one job at the same moment may then both run. Default: true.
   */
  readonly conditionalWrites?: boolean
  /** Bytes of a part of an upload; doubles every 1000 parts, so that 10 000 parts suffice for 7.8 TiB. From 5 MiB to 512 MiB. Default: 8 MiB. */
  readonly partBytes?: number
  /** Bytes of uploads under way at a time, of all files together. Default: 32 MiB. */
  readonly writeBudgetBytes?: number
  /** Larger reads are cut into ranges of about this many bytes, fetched at the same time. Default: 8 MiB. */
  readonly rangeBytes?: number
  /** How far one file is read ahead of a reader that reads in order; a store that is slow gets a connection per 4 MiB of it. 0: never. Default: 16 MiB. */
  readonly readAheadBytes?: number
  /** Bytes of reads under way at a time, and as much again read ahead, of all files together. Default: 64 MiB. */
  readonly readBudgetBytes?: number
  /** Requests of one read or one upload at a time. Default: 8. */
  readonly concurrency?: number
  /** How often a request is tried when throttling, resets or server errors meet it. Default: 8. */
  readonly maxAttempts?: number
  /** How long one attempt may take, and 1 ms more per KiB. Default: 30s. */
  readonly requestTimeout?: Duration
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  /** For `aws:kms`; default: the bucket's key. */
  readonly kmsKeyId?: string
  /** Such as `STANDARD_IA`; default: the bucket's. */
  readonly storageClass?: string
  /** CRC-32 with every upload, checked by the store. `none` for stores that do not know it. Default: `crc32`. */
  readonly checksums?: 'crc32' | 'none'
  /** Told of retries, and of what could not be cleaned up. */
  readonly logger?: Logger
  /** For tests: by what retries wait. Default: real time. */
  readonly clock?: S3Clock
  /** For tests: jitter, from 0 to below 1. Default: Math.random. */
  readonly random?: () => number
}

/** The options with defaults filled in, checked. */
export interface S3Config {
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly forcePathStyle: boolean
  readonly credentials: S3Options['credentials']
  readonly conditionalWrites: boolean
  readonly partBytes: number
  readonly writeBudgetBytes: number
  readonly rangeBytes: number
  readonly readAheadBytes: number
  readonly readBudgetBytes: number
  readonly concurrency: number
  readonly maxAttempts: number
  readonly requestTimeoutMs: number
  readonly serverSideEncryption: S3Options['serverSideEncryption']
  readonly kmsKeyId: string | undefined
  readonly storageClass: string | undefined
  readonly checksums: 'crc32' | 'none'
  readonly logger: Logger | undefined
  readonly clock: S3Clock
  readonly random: () => number
}

const MIB = 1024 * 1024

const systemClock: S3Clock = {
  now: () => Date.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Throws S3_BAD_OPTION. */
export function toConfig(options: S3Options, environment: Readonly<Record<string, string | undefined>>): S3Config {
  const endpoint = options.endpoint ?? environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']
  if (endpoint !== undefined && !/^https?:\/\/[^/]+\/?$/.test(endpoint)) throw badOption('endpoint', 'such as http://127.0.0.1:9000', endpoint)
  const knowsRegion = environment['AWS_REGION'] !== undefined || environment['AWS_DEFAULT_REGION'] !== undefined
  const region = options.region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? (endpoint !== undefined && !knowsRegion ? 'us-east-1' : undefined)
  const partBytes = inRange('partBytes', options.partBytes, 8 * MIB, 5 * MIB, 512 * MIB)
  return {
    region,
    endpoint,
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    credentials: options.credentials,
    conditionalWrites: options.conditionalWrites ?? true,
    partBytes,
    writeBudgetBytes: inRange('writeBudgetBytes', options.writeBudgetBytes, Math.max(32 * MIB, partBytes), partBytes, Number.MAX_SAFE_INTEGER),
    rangeBytes: inRange('rangeBytes', options.rangeBytes, 8 * MIB, 64 * 1024, 1024 * MIB),
    readAheadBytes: inRange('readAheadBytes', options.readAheadBytes, 16 * MIB, 0, Number.MAX_SAFE_INTEGER),
    readBudgetBytes: inRange('readBudgetBytes', options.readBudgetBytes, 64 * MIB, MIB, Number.MAX_SAFE_INTEGER),
    concurrency: inRange('concurrency', options.concurrency, 8, 1, 256),
    maxAttempts: inRange('maxAttempts', options.maxAttempts, 8, 1, 100),
    requestTimeoutMs: durationMs(options.requestTimeout ?? '30s'),
    serverSideEncryption: options.serverSideEncryption,
    kmsKeyId: options.kmsKeyId,
    storageClass: options.storageClass,
    checksums: options.checksums ?? 'crc32',
    logger: options.logger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  }
}

function inRange(option: string, value: number | undefined, byDefault: number, min: number, max: number): number {
  if (value === undefined) return byDefault
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw badOption(option, max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`, String(value))
}

function badOption(option: string, expected: string, found: string): MillraceError {
  return new MillraceError('S3_BAD_OPTION', `Expected ${option} of s3FileSystem to be ${expected}, found ${found}`, { origin: 'user' })
}
