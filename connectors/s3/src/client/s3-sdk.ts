import type * as Sdk from '@aws-sdk/client-s3'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Config } from '../s3-options.ts'

/** The module of the SDK; its types cost nothing, the module itself is loaded when it is first needed. */
export type S3Sdk = typeof Sdk

export interface LoadedSdk {
  readonly sdk: S3Sdk
  readonly client: S3Client
}

export async function loadSdk(config: S3Config): Promise<LoadedSdk> {
  const sdk = await import('@aws-sdk/client-s3')
  const { region, endpoint, credentials } = config
  const settings: S3ClientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: typeof credentials === 'function' ? credentials : { ...credentials } }),
    forcePathStyle: config.forcePathStyle,
    maxAttempts: 1, // S3Requests tries again, by the clock it is given
    requestChecksumCalculation: config.checksums === 'crc32' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED', // asked for where a whole object is read: a range has no checksum of its own
    requestHandler: { connectionTimeout: 5000, httpAgent: { maxSockets: 256, keepAlive: true }, httpsAgent: { maxSockets: 256, keepAlive: true } },
  }
  return { sdk, client: new sdk.S3Client(settings) }
}
