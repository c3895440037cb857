import { describe, expect, test } from 'vitest'
import { createFileSystems } from '../../../../src/file-system/file-systems.ts'
import { memoryCheckpointStorage } from '../../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { checkpointStorageSuite } from '../../../../src/testing/checkpoint-storage-suite.ts'
import { storageFixture } from './storage-fixture.ts'

checkpointStorageSuite({ describe, test }, () => {
  const storage = memoryCheckpointStorage()
  return storageFixture(() => storage)
})

const context = (jobName = 'job') => ({ jobName, fileSystems: createFileSystems(), logger: { debug() {}, info() {}, warn() {}, error() {} }, now: () => 0 })

test('state beyond the limit is refused with what to do', async () => {
  const store = await memoryCheckpointStorage({ maxStateBytes: 10 }).open(context())
  const output = await store.createStateOutput(1, 'op-0', undefined)
  output.write(new Uint8Array(10))
  expect(() => output.write(new Uint8Array(1))).toThrow(
    expect.objectContaining({ code: 'CKPT_TOO_LARGE', origin: 'user', message: expect.stringMatching(/'op-0'.*10 bytes.*fileCheckpointStorage.*maxStateBytes/) }),
  )
})

test('jobs of one storage are apart', async () => {
  const storage = memoryCheckpointStorage()
  const [a, b] = await Promise.all([storage.open(context('a')), storage.open(context('b'))])
  await Promise.all([a.acquireLease('x'), b.acquireLease('x')])
  await a.complete(1, new Uint8Array([1]), undefined)
  expect(await b.list()).toEqual([])
})

test('a checkpoint of another process is not found, with the reason', async () => {
  const store = await memoryCheckpointStorage().open(context())
  await expect(store.readMetadata('memory:job/chk-1.e1')).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND', message: expect.stringContaining('kept in memory') })
})
