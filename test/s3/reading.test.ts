import { s3FileSystem } from '@millrace/connector-s3'
import type { S3FileSystem, S3Options } from '@millrace/connector-s3'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import type { Fault, FaultyProxy } from '../services/s3/faulty-proxy.ts'
import { failing } from './support/faults.ts'
import { freshPlace, optionsFor } from './support/fixture.ts'
import { onEachServer } from './support/with-servers.ts'

const MIB = 1024 * 1024
/** More than one answer. */
const SIZE = 24 * MIB + 77
const bytes = Buffer.allocUnsafe(SIZE)
for (let index = 0; index < SIZE; index++) bytes[index] = (index * 31 + (index >> 12)) & 255

onEachServer('reading an object in order', (server) => {
  let proxy: FaultyProxy
  let direct: S3FileSystem
  let path: string
  const through = (options: S3Options = {}): S3FileSystem => s3FileSystem({ ...optionsFor(server), endpoint: proxy.endpoint, ...options })
  const gets = (): number => proxy.seen.filter(({ operation }) => operation === 'GetObject').length

  beforeAll(async () => {
    proxy = await startFaultyProxy(server.endpoint)
  })
  afterAll(() => proxy.stop())
  beforeEach(async () => {
    proxy.fault = () => undefined
    const place = await freshPlace(server)
    direct = place.fileSystem
    path = `${place.root}/f`
    await direct.publish(path, bytes)
  })

  test('takes one long answer after the other, and no byte twice', async () => {
    const fileSystem = through()
    const before = gets()
    expect((await content(fileSystem, path, 0)).equals(bytes)).toBe(true)
    expect(gets() - before).toBe(2)
    expect(fileSystem.statistics).toMatchObject({ bytesRead: SIZE, retries: 0 })
    expect((await content(fileSystem, path, SIZE - 1000)).equals(bytes.subarray(SIZE - 1000))).toBe(true)
    expect(await content(fileSystem, path, SIZE)).toHaveLength(0)
  })

  test('takes several side by side from a store that is slow', async () => {
    let nowMs = 0
    const slow: S3Options = { clock: { now: () => (nowMs += 1000), schedule: () => () => {} } }
    const fileSystem = through(slow)
    const before = gets()
    expect((await content(fileSystem, path, 0)).equals(bytes)).toBe(true)
    expect(gets() - before).toBe(6) // 8 MiB, then 4 at a time
    expect(fileSystem.statistics.bytesRead).toBe(SIZE)
  })

  test.each([0, 1, 64 * 1024, 5 * MIB])('with %i bytes read ahead, by five readers that share a small budget', async (readAheadBytes) => {
    const fileSystem = through({ readAheadBytes, readBudgetBytes: 6 * MIB })
    for (const read of await Promise.all([0, 1, MIB, 9 * MIB, 20 * MIB].map(async (offset) => (await content(fileSystem, path, offset)).equals(bytes.subarray(offset))))) expect(read).toBe(true)
  })

  describe.each<Fault>([{ kind: 'truncated' }, { kind: 'reset' }, { kind: 'slowDown' }, { kind: 'lostAnswer' }])('$kind', (fault) => {
    test('is followed by another answer from the same byte on', async () => {
      const fileSystem = through()
      failing(proxy, 'GetObject', fault, 3)
      expect((await content(fileSystem, path, 5)).equals(bytes.subarray(5))).toBe(true)
      expect(fileSystem.statistics.bytesRead).toBe(SIZE - 5)
      expect(proxy.seen.filter(({ fault: kind }) => kind === fault.kind)).toHaveLength(3)
    })
  })

  test('an answer that the store ends while its reader pauses is gone on with', async () => {
    const fileSystem = through({ readAheadBytes: 0 })
    const file = await fileSystem.open(path)
    failing(proxy, 'GetObject', { kind: 'truncated', bytes: 300_000 })
    const before = proxy.cuts
    const parts: Uint8Array[] = []
    for await (const chunk of file.chunks?.(0) ?? []) {
      while (proxy.cuts === before) await turn()
      parts.push(chunk)
    }
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
    expect(fileSystem.statistics.bytesRead).toBe(SIZE)
    await file.close()
  })

  test('gives up after as many tries as it may, and says where', async () => {
    const fileSystem = through({ maxAttempts: 2 })
    let asked = 0
    proxy.fault = ({ operation }) => (operation === 'GetObject' && asked++ > 0 ? { kind: 'slowDown' } : undefined)
    await expect(content(fileSystem, path, 0)).rejects.toMatchObject({ code: 'FS_IO', retryable: true, message: expect.stringContaining('tried 2 times') as string })
  })

  test('an object that is replaced or deleted meanwhile is an error, not other bytes', async () => {
    for (const [change, code] of [[() => direct.publish(path, Buffer.alloc(SIZE)), 'S3_OBJECT_CHANGED'], [() => direct.delete(path), 'FS_NOT_FOUND']] as const) {
      await direct.publish(path, bytes)
      const file = await through().open(path)
      const chunks = file.chunks?.(0)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
      await chunks.next()
      await change()
      const drain = async (): Promise<void> => {
        while ((await chunks.next()).done !== true);
      }
      await expect(drain()).rejects.toMatchObject({ code, at: { file: path } })
      await file.close()
    }
  })

  test('ends with an error when the file is closed under it, and quietly when its reader leaves', async () => {
    const fileSystem = through()
    const file = await fileSystem.open(path)
    const chunks = file.chunks?.(0)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    await chunks.next()
    await file.close()
    const drain = async (): Promise<void> => {
      while ((await chunks.next()).done !== true);
    }
    await expect(drain()).rejects.toMatchObject({ code: 'FS_IO', origin: 'engine' })
    const other = await fileSystem.open(path)
    for await (const chunk of other.chunks?.(0) ?? []) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect((await other.read(SIZE - 3, SIZE)).length).toBe(3)
    await other.close()
    expect(fileSystem.statistics.bytesRead).toBeLessThan(2 * SIZE)
  })
})

async function content(fileSystem: S3FileSystem, path: string, offset: number): Promise<Buffer> {
  const file = await fileSystem.open(path)
  try {
    const parts: Uint8Array[] = []
    for await (const chunk of file.chunks?.(offset) ?? []) parts.push(chunk)
    return Buffer.concat(parts)
  } finally {
    await file.close()
  }
}
