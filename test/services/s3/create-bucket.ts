import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { S3Server } from './s3-server.ts'

/** The SDK's own client: what tests look with, and what benchmarks compare with. */
export function clientFor({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Client {
  return new S3Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true })
}

/** Creates a bucket; one nobody else uses if no name is given. */
export async function createBucket(server: S3Server, bucket: string = `test-${randomUUID()}`): Promise<string> {
  const client = clientFor(server)
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return bucket
}
