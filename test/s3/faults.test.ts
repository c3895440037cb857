import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem, S3Options } from '@millrace/connector-s3'
import type { RecoverableWriter } from '@millrace/core/spi'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import type { Fault, FaultyProxy } from '../services/s3/faulty-proxy.ts'
import { failing } from './support/faults.ts'
import { freshPlace } from './support/fixture.ts'
import { onEachServer } from './support/with-servers.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const MIB = 1024 * 1024

onEachServer('through a faulty network', (server) => {
  let proxy: FaultyProxy
  let direct: S3FileSystem
  let root: string
  const through = (options: S3Options = {}): S3FileSystem =>
    s3FileSystem({ endpoint: proxy.endpoint, region: server.region, credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey }, random: () => 0, ...options })

  beforeAll(async () => {
    proxy = await startFaultyProxy(server.endpoint)
  })
  afterAll(() => proxy.stop())
  beforeEach(async () => {
    const place = await freshPlace(server)
    direct = place.fileSystem
    root = place.root
    proxy.fault = () => undefined
  })

  const transient: readonly Fault[] = [{ kind: 'slowDown' }, { kind: 'reset' }, { kind: 'lostAnswer' }, { kind: 'slowFirstByte', delayMs: 100 }]

  describe.each(transient)('$kind', (fault) => {
    test('every step of writing, committing and reading is tried again', async () => {
      const fileSystem = through({ partBytes: 5 * MIB })
      for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'HeadObject', 'PutObject', 'ListParts', 'DeleteObject']) {
        const path = `${root}/${operation}`
        const bytes = Uint8Array.from({ length: operation === 'UploadPart' ? 6 * MIB : 10_000 }, (_, i) => (i * 7) % 251)
        failing(proxy, operation, fault)
        const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
        const stream = await writer.open(path)
        stream.write(bytes.slice(0, 100))
        const token = await stream.persist()
        await stream.close()
        const resumed = await writer.resume(token)
        resumed.write(bytes.slice(100))
        await writer.commit(await resumed.closeForCommit())
        const file = await fileSystem.open(path)
        const read = await file.read(0, file.size)
        await file.close()
        expect(Buffer.compare(read, bytes), operation).toBe(0)
      }
      expect(proxy.seen.filter((request) => request.fault === fault.kind).length).toBeGreaterThanOrEqual(6)
      const names: string[] = []
      for await (const { path } of direct.list(root)) names.push(path)
      expect(names).toHaveLength(7)
    })

    test('publishing if absent wins once, and reads and lists', async () => {
      const fileSystem = through()
      await fileSystem.publish(`${root}/warm`, text('x'), { ifAbsent: true }) // asks for conditional writes once
      failing(proxy, 'PutObject', fault)
      await fileSystem.publish(`${root}/f`, text('mine'), { ifAbsent: true })
      failing(proxy, 'PutObject', fault)
      await expect(fileSystem.publish(`${root}/f`, text('other'), { ifAbsent: true })).rejects.toMatchObject({ code: 'FS_EXISTS' })
      failing(proxy, 'GetObject', fault)
      expect(await content(fileSystem, `${root}/f`)).toBe('mine')
      failing(proxy, 'ListObjectsV2', fault)
      const names: string[] = []
      for await (const { path } of fileSystem.list(root)) names.push(path.slice(root.length + 1))
      expect(names).toEqual(['f', 'warm'])
    })
  })

  test.each<Fault>([{ kind: 'truncated' }, { kind: 'wrongChecksum' }])('an answer that is damaged ($kind) is read again', async (fault) => {
    const fileSystem = through()
    const writer = direct.createRecoverableWriter?.() as RecoverableWriter
    const stream = await writer.open(`${root}/f`)
    stream.write(text('the whole truth'))
    await writer.commit(await stream.closeForCommit())
    failing(proxy, 'GetObject', fault)
    expect(await content(fileSystem, `${root}/f`)).toBe('the whole truth')
    expect(fileSystem.statistics.retries).toBe(1)
  })

  const checked = server.checksSignatures ? test : undefined // moto takes what comes
  checked?.('a damaged upload is refused by the store, and sent again', async () => {
    const fileSystem = through()
    failing(proxy, 'UploadPart', { kind: 'damagedUpload' })
    const writer = fileSystem.createRecoverableWriter?.() as RecoverableWriter
    const stream = await writer.open(`${root}/f`)
    stream.write(text('the whole truth'))
    await writer.commit(await stream.closeForCommit())
    expect(await content(direct, `${root}/f`)).toBe('the whole truth')
    expect(fileSystem.statistics.retries).toBe(1)
  })

  test('an answer that is cut off in the middle of a large range is read again', async () => {
    const bytes = Uint8Array.from({ length: 3 * MIB }, (_, i) => (i * 13) % 251)
    await direct.publish(`${root}/f`, bytes)
    const fileSystem = through({ rangeBytes: MIB })
    failing(proxy, 'GetObject', { kind: 'truncated' }, 2)
    const file = await fileSystem.open(`${root}/f`)
    expect(Buffer.compare(await file.read(0, file.size), bytes)).toBe(0)
    expect(fileSystem.statistics.retries).toBe(2)
    await file.close()
  })

  test('after as many attempts as it may the error says how often it was tried', async () => {
    const fileSystem = through({ maxAttempts: 3 })
    failing(proxy, 'PutObject', { kind: 'slowDown' }, 3)
    await expect(fileSystem.publish(`${root}/f`, text('x'))).rejects.toMatchObject({ code: 'FS_IO', retryable: true, message: expect.stringMatching(/asks for fewer requests.*tried 3 times/) as string })
    expect(await direct.status(`${root}/f`)).toBeUndefined()
  })

  test('a store that never answers is given up, not waited for', async () => {
    const fileSystem = through({ maxAttempts: 2, requestTimeout: '50ms' })
    failing(proxy, 'HeadObject', { kind: 'slowFirstByte', delayMs: 2000 }, 2)
    await expect(fileSystem.open(`${root}/f`)).rejects.toMatchObject({ code: 'FS_IO', retryable: true, message: expect.stringContaining('did not answer within 50 ms') as string })
  })
})

async function content(fileSystem: S3FileSystem, path: string): Promise<string> {
  const file = await fileSystem.open(path)
  try {
    return Buffer.from(await file.read(0, file.size)).toString()
  } finally {
    await file.close()
  }
}
