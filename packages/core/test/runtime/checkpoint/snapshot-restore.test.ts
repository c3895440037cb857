import { expect, test } from 'vitest'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import { readSnapshotFiles, writeKeyedSnapshot } from '../../../src/runtime/checkpoint/snapshot-file.ts'
import { fileCheckpointStorage } from '../../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import type { StateHandle } from '../../../src/spi/checkpoint-storage.ts'
import type { KeyedStateReader } from '../../../src/spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../../src/spi/state-backend.ts'
import { keyGroup, MAX_PARALLELISM, withBackends } from '../../../src/testing/state-backend/backend-fixture.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../../src/types/key-group.ts'
import { long } from '../../../src/types/number-types.ts'
import { storageFixture } from './storage/storage-fixture.ts'

const KEYS = 5000
const COUNTS: StateDefinition = { name: 'counts', kind: 'value', layout: 'key', valueType: long() }
const rangeOf = (parallelism: number, subtask: number) => computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, parallelism, subtask)

test('state goes through files and comes back at another parallelism, as it was at the barrier', async () => {
  const { storage, cleanup } = await storageFixture((directory) => fileCheckpointStorage(directory))
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const store = await storage().open({ jobName: 'job', fileSystems: createFileSystems(), logger, now: () => 0 })
  await store.acquireLease('test')
  try {
    await withBackends(
      () => heapStateBackend(),
      async ({ open }) => {
        const handles: StateHandle[] = []
        for (let subtask = 0; subtask < 3; subtask++) {
          const keyGroupRange = rangeOf(3, subtask)
          const backend = await open({ keyGroupRange })
          const table = backend.table<number>(COUNTS)
          const keys = Array.from({ length: KEYS }, (_, key) => key).filter((key) => keyGroup(key) >= keyGroupRange.start && keyGroup(key) <= keyGroupRange.end)
          for (const key of keys) table.put(keyGroup(key), key, null, key)
          const output = await store.createStateOutput(1, `op-${subtask}`, undefined)
          const change = (): Promise<void> => {
            for (const key of keys.splice(-500)) table.put(keyGroup(key), key, null, -1)
            return Promise.resolve()
          }
          const snapshot = backend.snapshot(1)
          await change()
          handles.push(await writeKeyedSnapshot(snapshot, output, change))
        }
        const { pointer } = await store.complete(1, new Uint8Array(), undefined)
        let found = 0
        for (let subtask = 0; subtask < 5; subtask++) {
          const keyGroupRange = rangeOf(5, subtask)
          const files = await Promise.all(handles.map((handle) => store.openState(pointer, handle)))
          const restore: KeyedStateReader[] = await Promise.all(files.map((file) => readSnapshotFiles([file], keyGroupRange)))
          const backend = await open({ keyGroupRange, restore })
          for (const file of files) await file.close()
          for (const [group, key, value] of backend.table<number>(COUNTS).scan(null)) {
            expect([group, value]).toEqual([keyGroup(key), key])
            found++
          }
        }
        expect(found).toBe(KEYS)
      },
    )
  } finally {
    await cleanup()
  }
})
