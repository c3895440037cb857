import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem } from '@millrace/connector-s3'
import type { RecoverableWriter } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import { clientFor } from '../services/s3/create-bucket.ts'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import { freshPlace, optionsFor } from './support/fixture.ts'
import { onEachServer, onServer } from './support/with-servers.ts'

async function writeFile(fileSystem: S3FileSystem, path: string, beforeCommit: () => void = () => {}): Promise<void> {
  const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
  const stream = await writer.open(path)
  stream.write(new Uint8Array(100))
  await stream.persist()
  stream.write(new Uint8Array(100))
  const token = await stream.closeForCommit()
  beforeCommit()
  await writer.commit(token)
}

onEachServer('writing', (server) => {
  test('commits by completing the upload: nothing is listed, and nothing copied', async () => {
    const { root } = await freshPlace(server)
    const proxy = await startFaultyProxy(server.endpoint)
    try {
      let before = 0
      await writeFile(s3FileSystem({ ...optionsFor(server), endpoint: proxy.endpoint }), `${root}/f`, () => {
        before = proxy.seen.length
      })
      const operations = proxy.seen.map(({ operation }) => operation)
      expect(operations).not.toContain('ListObjectsV2')
      expect(operations.slice(before).filter((operation) => !operation.startsWith('Head'))).toEqual(['CompleteMultipartUpload', expect.stringMatching(/^DeleteObjects?$/)])
    } finally {
      await proxy.stop()
    }
  })
})

onServer('what is written on moto', ({ name }) => name === 'moto', (server) => {
  test('has the encryption and the storage class of the options, uploads and small objects alike', async () => {
    const settings = { serverSideEncryption: 'aws:kms', kmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/a', storageClass: 'STANDARD_IA' } as const
    const { fileSystem, bucket, root } = await freshPlace(server, settings)
    await writeFile(fileSystem, `${root}/upload`)
    await fileSystem.publish(`${root}/small`, new Uint8Array(1))
    for (const name of ['upload', 'small']) {
      const head = await clientFor(server).send(new HeadObjectCommand({ Bucket: bucket, Key: `${root.slice(`s3://${bucket}/`.length)}/${name}` }))
      expect(head, name).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: settings.kmsKeyId, StorageClass: 'STANDARD_IA' })
    }
  })
})
