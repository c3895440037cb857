import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createFileSystems } from '../../../../src/file-system/file-systems.ts'
import { localFileSystem } from '../../../../src/file-system/local-file-system.ts'
import { fileCheckpointStorage } from '../../../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import type { CheckpointStore } from '../../../../src/spi/checkpoint-storage.ts'
import { checkpointStorageSuite } from '../../../../src/testing/checkpoint-storage-suite.ts'
import { storageFixture } from './storage-fixture.ts'

const atPath = () => storageFixture((directory) => fileCheckpointStorage(directory))

checkpointStorageSuite({ describe, test }, atPath)

describe('through a URL, on a file system that has no recoverable writer', () => {
  const { createRecoverableWriter: _, ...plain } = localFileSystem()
  checkpointStorageSuite({ describe, test }, () => storageFixture((directory) => fileCheckpointStorage(`${pathToFileURL(directory)}/`), [plain]))
})

interface Opened {
  readonly directory: string
  readonly warnings: string[]
  readonly open: (nowMs?: number) => Promise<CheckpointStore>
}

const onFiles = (name: string, body: (opened: Opened) => Promise<void>): void => {
  test(name, async () => {
    const { directory, storage, cleanup } = await atPath()
    const fileSystems = createFileSystems()
    const warnings: string[] = []
    const logger = { debug() {}, info() {}, error() {}, warn: (fields: object, message: string) => warnings.push(`${message} ${JSON.stringify(fields)}`) }
    const open = async (nowMs = 1000) => storage().open({ jobName: 'job', fileSystems, logger, now: () => nowMs })
    try {
      await body({ directory, warnings, open })
    } finally {
      await cleanup()
    }
  })
}

const write = async (store: CheckpointStore, checkpointId: number, target?: string) => {
  const output = await store.createStateOutput(checkpointId, 'state', target)
  output.write(new Uint8Array([1, 2, 3]))
  const handle = await output.close()
  return { handle, completed: await store.complete(checkpointId, new Uint8Array([checkpointId]), target) }
}

describe('files', () => {
  onFiles('what an earlier holder never completed is removed when the lease is acquired', async ({ directory, open }) => {
    const first = await open()
    const lease = await first.acquireLease('a')
    await write(first, 1)
    const output = await first.createStateOutput(2, 'state', undefined)
    output.write(new Uint8Array(10))
    await output.close()
    const unfinished = await first.createStateOutput(3, 'state', undefined)
    unfinished.write(new Uint8Array(10))
    await lease.release()
    expect((await readdir(join(directory, 'job'))).sort()).toEqual(['chk-1.e1', 'chk-2.e1', 'chk-3.e1', 'lease-1'])
    await (await open()).acquireLease('b')
    expect((await readdir(join(directory, 'job'))).sort()).toEqual(['chk-1.e1', 'lease-2'])
    await unfinished.abort()
  })

  onFiles('damaged metadata: reading says so, listing keeps it in its place with a warning', async ({ warnings, open }) => {
    const store = await open()
    await store.acquireLease('a')
    const { completed: older } = await write(store, 1)
    const { completed } = await write(store, 2)
    const path = join(completed.pointer, '_metadata')
    const whole = await readFile(path)
    const flipped = Buffer.from(whole)
    flipped[flipped.length - 1] = 0xff
    const future = Buffer.from(whole)
    future.writeInt32LE(9, 8)
    for (const [bytes, code, reason] of [
      [flipped, 'CKPT_CORRUPT', 'checksum'],
      [whole.subarray(0, whole.length - 1), 'CKPT_CORRUPT', 'cut off'],
      [whole.subarray(0, 12), 'CKPT_CORRUPT', 'cut off'],
      [Buffer.from('hello world, this is not it'), 'CKPT_CORRUPT', 'starts differently'],
      [future, 'CKPT_UNSUPPORTED_VERSION', 'version 9'],
    ] as const) {
      await writeFile(path, bytes)
      const reader = await open()
      await expect(reader.readMetadata(completed.pointer)).rejects.toMatchObject({ code, message: expect.stringContaining(reason), at: { file: path } })
      expect(await reader.list()).toEqual([{ ...completed, completedMs: expect.any(Number) as number }, older])
      expect(warnings.pop()).toContain(path)
    }
  })

  onFiles('a savepoint may be moved as a whole', async ({ directory, open }) => {
    const store = await open()
    await store.acquireLease('a')
    const { handle, completed } = await write(store, 1, join(directory, 'savepoints'))
    await rename(completed.pointer, join(directory, 'moved'))
    const reader = await open()
    expect([...(await reader.readMetadata(join(directory, 'moved')))]).toEqual([1])
    const file = await reader.openState(join(directory, 'moved'), handle)
    expect([...(await file.read(0, 3))]).toEqual([1, 2, 3])
    await file.close()
    await expect(reader.openState(completed.pointer, handle)).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND' })
  })

  onFiles('a second savepoint of the same name is refused', async ({ directory, open }) => {
    const store = await open()
    await store.acquireLease('a')
    await write(store, 1, directory)
    await expect(store.complete(1, new Uint8Array(), directory)).rejects.toMatchObject({ code: 'CKPT_EXISTS', message: expect.stringContaining(directory) })
  })
})

describe('leases in files', () => {
  const leaseOf = (holder: object) => JSON.stringify({ owner: 'old', pid: process.pid, processStartedMs: performance.timeOrigin, host: hostname(), renewedMs: 1000, released: false, ...holder })
  const deadPid = spawnSync(process.execPath, ['--version']).pid

  for (const [who, holder, takenOver] of [
    ['a process of this host that is gone', { pid: deadPid }, true],
    ['an earlier process of the same pid', { processStartedMs: 1 }, true],
    ['a process of another host', { host: 'elsewhere', pid: deadPid }, false],
    ['a live process of this host', { pid: process.ppid }, false],
  ] as const) {
    onFiles(`one of ${who} is ${takenOver ? 'taken over at once' : 'respected until it expires'}`, async ({ directory, open }) => {
      await mkdir(join(directory, 'job'))
      await writeFile(join(directory, 'job', 'lease-4'), leaseOf(holder))
      const attempt = (await open(1000 + 29_999)).acquireLease('new')
      if (takenOver) expect((await attempt).epoch).toBe(5)
      else {
        await expect(attempt).rejects.toMatchObject({ code: 'CKPT_LEASE_HELD', retryable: true, message: expect.stringContaining(`process ${'pid' in holder ? holder.pid : ''}`) })
        expect((await (await open(1000 + 30_000)).acquireLease('new')).epoch).toBe(5)
      }
    })
  }

  onFiles('after a take-over neither holder nor executors of the old one write anything', async ({ directory, open }) => {
    const holder = await open(0)
    const lease = await holder.acquireLease('old')
    const executor = await open(0)
    await (await open(30_000)).acquireLease('new')
    for (const store of [holder, executor]) await expect(store.createStateOutput(1, 'state', undefined)).rejects.toMatchObject({ code: 'CKPT_FENCED' })
    await lease.release()
    expect(await readdir(join(directory, 'job'))).toEqual(['lease-2'])
  })

  onFiles('an unreadable one is reported with what to do', async ({ directory, open }) => {
    await mkdir(join(directory, 'job'))
    await writeFile(join(directory, 'job', 'lease-1'), '{')
    await expect((await open()).acquireLease('new')).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringContaining('Delete it') })
  })
})
