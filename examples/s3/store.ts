import { randomUUID } from 'node:crypto'
import { createBucket } from '../../test/services/s3/create-bucket.ts'
import { S3_SERVERS } from '../../test/services/s3/s3-server.ts'
import { startS3Server } from '../../test/services/s3/start-servers.ts'

export interface Store {
  /** `s3://bucket/prefix`, of this run alone. */
  readonly root: string
  stop(): Promise<void>
}

/** S3_ROOT=s3://bucket/prefix with the usual AWS_ variables, or a server of our own on this machine, to which the AWS_ variables are set. */
export async function openStore(): Promise<Store> {
  const given = process.env['S3_ROOT']
  if (given !== undefined) return { root: `${given}/${randomUUID()}`, stop: () => Promise.resolve() }
  for (const install of [false, true]) {
    for (const name of S3_SERVERS) {
      const started = await startS3Server(name, { install })
      if ('missing' in started) continue
      const { endpoint, region, accessKeyId, secretAccessKey } = started.server
      Object.assign(process.env, { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
      await createBucket(started.server, 'flights')
      console.log(`S3: ${name} at ${endpoint}, started for this example. Set S3_ROOT=s3://bucket/prefix to use another store.`)
      return { root: 's3://flights/example', stop: () => started.stop() }
    }
  }
  throw new Error('no S3 server could be started: set S3_ROOT=s3://bucket/prefix, and the AWS_ variables for it')
}
