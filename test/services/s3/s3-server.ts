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

export const S3_SERVERS: readonly S3ServerName[] = ['minio', 'moto']

export interface RunningS3Server {
  readonly server: S3Server
  stop(): Promise<void>
}

/** The variable under which a supervisor hands a server to the processes it starts. */
const VARIABLE = 'MILLRACE_TEST_S3'

export function serverToEnvironment(server: S3Server): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify(server) }
}

export function serverFromEnvironment(environment: Readonly<Record<string, string | undefined>>): S3Server {
  const text = environment[VARIABLE]
  if (text === undefined) throw new Error(`expected ${VARIABLE} in the environment`)
  return JSON.parse(text) as S3Server
}
