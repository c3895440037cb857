import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointStorageSuite, createFileSystems } from '@millrace/core/testing'
import type { CheckpointStore, StateHandle } from '@millrace/core/spi'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filesystemCheckpointStorage } from '../src/index.ts'

let directory = ''
const warnings: string[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-local-recovery-'))
  warnings.length = 0
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('with local copies', () => {
  checkpointStorageSuite({ describe, test }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'millrace-checkpoints-'))
    return {
      storage: () => filesystemCheckpointStorage(join(root, 'checkpoints'), { localRecovery: join(root, 'local') }),
      savepointDirectory: join(root, 'savepoints'),
      cleanup: () => rm(root, { recursive: true, force: true }),
    }
  })
})

const logger = { debug() {}, info() {}, error() {}, warn: (_fields: object, message: string) => void warnings.push(message) }
const open = (nowMs = 0): CheckpointStore | Promise<CheckpointStore> =>
  filesystemCheckpointStorage(join(directory, 'remote'), { localRecovery: join(directory, 'local') }).open({ jobName: 'job', fileSystems: createFileSystems(), logger, now: () => nowMs })
const copies = async (): Promise<readonly string[]> => (await readdir(join(directory, 'local', 'job')).catch(() => [])).sort()

async function write(store: CheckpointStore, checkpointId: number, text: string, shared = false): Promise<{ readonly handle: StateHandle; readonly pointer: string }> {
  const output = shared ? await store.createSharedOutput?.(checkpointId, 'state') : await store.createStateOutput(checkpointId, 'state', undefined)
  for (const part of text) output?.write(Buffer.from(part))
  const handle = (await output?.close()) as StateHandle
  const { pointer } = await store.complete(checkpointId, new Uint8Array([1]), undefined)
  return { handle, pointer }
}

async function read(store: CheckpointStore, pointer: string, handle: StateHandle): Promise<string> {
  const file = await store.openState(pointer, handle)
  try {
    return Buffer.from(await file.read(0, file.size)).toString()
  } finally {
    await file.close()
  }
}

describe.each([false, true])('shared state: %s', (shared) => {
  test('state is read from the copy: the checkpoint itself need not be touched', async () => {
    const store = await open()
    await store.acquireLease('a')
    const { handle, pointer } = await write(store, 1, 'some state', shared)
    await rm(join(pointer, handle.path))
    expect(await read(store, pointer, handle)).toBe('some state')
    expect(await read(await open(), `${pointer}/_metadata`, handle)).toBe('some state')
  })

  test('a missing or damaged copy is no loss', async () => {
    const store = await open()
    await store.acquireLease('a')
    const { handle, pointer } = await write(store, 1, 'some state', shared)
    const [kept = ''] = await copies()
    const local = join(directory, 'local', 'job', kept)
    const [name = ''] = await readdir(local)
    const bytes = await readFile(join(local, name))
    bytes[3] = (bytes[3] as number) ^ 1
    await writeFile(join(local, name), bytes)
    expect(await read(store, pointer, handle)).toBe('some state')
    expect(warnings).toEqual(['a local copy of keyed state is damaged; it is read from where checkpoints are kept'])
    expect(await readdir(local)).toEqual([])
    expect(await read(store, pointer, handle)).toBe('some state')
  })
})

test('copies go with what they are copies of', async () => {
  const store = await open()
  const lease = await store.acquireLease('a')
  const first = await write(store, 1, 'x')
  const base = await write(store, 2, 'base', true)
  const changes = await write(store, 3, 'changes', true)
  expect(await copies()).toEqual(['chk-1', 'shared-2.e1', 'shared-3.e1'])
  await store.discard(1)
  await store.discardShared?.([base.handle, changes.handle], 3)
  expect(await copies()).toEqual(['shared-2.e1', 'shared-3.e1'])
  await store.discardShared?.([changes.handle], 3)
  expect(await copies()).toEqual(['shared-3.e1'])
  await expect(read(store, first.pointer, first.handle)).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND' })
  const unfinished = await store.createStateOutput(4, 'state', undefined)
  unfinished.write(Buffer.from('never completed'))
  await unfinished.close()
  await lease.release()
  await (await open()).acquireLease('b')
  expect(await copies()).toEqual(['shared-3.e1'])
})

test('an upload that is given up leaves no copy', async () => {
  const store = await open()
  await store.acquireLease('a')
  const output = await store.createStateOutput(1, 'state', undefined)
  output.write(Buffer.from('half'))
  await output.abort()
  expect(await copies()).toEqual([])
})

test('where no copy can be written the checkpoint goes on', async () => {
  await mkdir(join(directory, 'local'), { recursive: true })
  await writeFile(join(directory, 'local', 'job'), 'a file where a directory should be')
  const store = await open()
  await store.acquireLease('a')
  const { handle, pointer } = await write(store, 1, 'some state')
  expect(await read(store, pointer, handle)).toBe('some state')
  expect(warnings).toEqual(['no local copy of keyed state is kept: it cannot be written'])
})
