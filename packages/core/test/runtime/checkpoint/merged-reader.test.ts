import { expect, test } from 'vitest'
import { mergedReader } from '../../../src/runtime/checkpoint/merged-reader.ts'
import { readSnapshotFiles, writeKeyedSnapshot } from '../../../src/runtime/checkpoint/snapshot-file.ts'
import { openScratchBackend } from '../../../src/savepoint/scratch-backend.ts'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import type { KeyedStateBackend } from '../../../src/spi/keyed-state-backend.ts'
import type { KeyedStateReader } from '../../../src/spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../../src/spi/state-backend.ts'
import { collectSnapshot } from '../../../src/testing/state-backend/backend-fixture.ts'
import type { CollectedSnapshot } from '../../../src/testing/state-backend/backend-fixture.ts'
import { long } from '../../../src/types/number-types.ts'

const RANGE = { start: 0, end: 3 }
const definition = (name: string): StateDefinition => ({ name, kind: 'value', layout: 'key', valueType: long() })
const open = (restore: readonly KeyedStateReader[] = []): Promise<KeyedStateBackend> =>
  openScratchBackend({ uid: 'op', maxParallelism: 4, keyGroupRange: RANGE, restore, incremental: true, fileSystems: createFileSystems(), now: () => 0 })

/** Three checkpoints of a value that counts them. */
async function chain(): Promise<readonly [CollectedSnapshot, CollectedSnapshot, CollectedSnapshot]> {
  const backend = await open()
  const table = backend.table<number>(definition('counts'))
  const snapshot = (id: number): CollectedSnapshot => {
    table.put(0, 'checkpoint', null, id)
    table.put(1, `of ${id}`, null, id)
    return collectSnapshot(backend.snapshot(id, id === 1 ? undefined : id - 1), undefined, id)
  }
  return [snapshot(1), snapshot(2), snapshot(3)] as const
}

test('what is newer counts', async () => {
  const [first, second, third] = await chain()
  for (const files of [[first], [first, second], [first, second, third]]) {
    const backend = await open([mergedReader(files, RANGE)])
    const table = backend.table<number>(definition('counts'))
    expect(table.get(0, 'checkpoint', null)).toBe(files.length)
    expect([...table.scan(null)]).toHaveLength(1 + files.length)
  }
})

test('files that do not build on each other are refused by name', async () => {
  const [first, second, third] = await chain()
  const refused = (files: readonly CollectedSnapshot[], message: string): void => {
    expect(() => mergedReader(files, RANGE)).toThrow(expect.objectContaining({ code: 'CKPT_CORRUPT', message: expect.stringContaining(message) as string }))
  }
  refused([second], 'snapshot 2 is damaged: it holds what changed since checkpoint 1, and no file before it')
  refused([first, third], 'snapshot 3 is damaged: it holds what changed since checkpoint 2, and the file before it is snapshot 1, of checkpoint 1')
  refused([first, third, second], 'snapshot 3 is damaged')
  refused([first, first], 'it holds everything')
})

test('states may have other numbers in each file', async () => {
  const before = await open()
  before.table<number>(definition('b')).put(0, 'x', null, 1)
  before.table<number>(definition('a')).put(0, 'x', null, 2)
  const after = await open()
  for (const [name, value] of [['new', 3], ['a', 4]] as const) after.table<number>(definition(name)).put(0, 'x', null, value)
  const base = collectSnapshot(before.snapshot(1), undefined, 1)
  const changes = { ...collectSnapshot(after.snapshot(2), undefined, 2), since: 1 }
  const restored = await open([mergedReader([base, changes], RANGE)])
  expect(['a', 'b', 'new'].map((name) => restored.table<number>(definition(name)).get(0, 'x', null))).toEqual([4, 1, 3])
})

test('a flipped bit in the removals is noticed', async () => {
  const backend = await open()
  const table = backend.table<number>(definition('counts'))
  for (let key = 0; key < 100; key++) table.put(key % 4, key, null, key)
  const files: Buffer[] = []
  const write = async (id: number, since?: number): Promise<void> => {
    const chunks: Uint8Array[] = []
    const output = { write: (bytes: Uint8Array) => void chunks.push(bytes.slice()), ready: () => undefined, close: async () => ({ path: `${id}`, sizeBytes: 0 }), abort: async () => {} }
    await writeKeyedSnapshot(backend.snapshot(id, since), output, () => Promise.resolve(), id)
    files.push(Buffer.concat(chunks))
  }
  await write(1)
  for (let key = 0; key < 10; key++) table.remove(key % 4, key, null)
  await write(2, 1)
  const reader = (bytes: readonly Buffer[]): Promise<KeyedStateReader> =>
    readSnapshotFiles(bytes.map((file, index) => ({ path: `file ${index}`, size: file.length, read: async (start: number, end: number) => file.subarray(start, end) })), RANGE)
  const restored = await open([await reader(files)])
  expect([...restored.table<number>(definition('counts')).scan(null)]).toHaveLength(90)
  const changes = Buffer.from(files[1] as Buffer)
  const [, offset] = (JSON.parse(changes.toString('latin1').match(/\{"keyGroups".*?\}(?=[^}]*$)/)?.[0] ?? '') as { removals: readonly (readonly number[])[] }).removals[2] ?? []
  changes[(offset as number) + 5] = (changes[(offset as number) + 5] as number) ^ 8
  const damaged = await reader([files[0] as Buffer, changes])
  await expect(damaged.read(2)).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringMatching(/file 1 is damaged: the checksum of the removals of key group 2/) as string })
})
