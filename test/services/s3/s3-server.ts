/** A server for tests, with all that a client needs. Plain data: it is handed from vitest's global setup to the tests. */
export interface S3Server {
  readonly name: S3ServerName
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Requests with a wrong secret are refused, as S3 does. */
  readonly checksSignatures: boolean
}

export type S3ServerName = 'minio' | 'moto'

/** All of them are demanded where MILLRACE_REQUIRE_SERVICES=1: MinIO checks signatures and uploads, moto has the widest list of functions. */
export const S3_SERVERS: readonly S3ServerName[] = ['minio', 'moto']

export interface RunningS3Server {
  readonly server: S3Server
  stop(): Promise<void>
}
