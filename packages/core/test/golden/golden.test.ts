import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFileSystems } from '../../src/file-system/file-systems.ts'
import { heapStateBackend } from '../../src/runtime/state/heap/heap-state-backend.ts'
import { orderedStoreBackend } from '../../src/runtime/state/ordered/ordered-store-backend.ts'
import { openSavepoint } from '../../src/savepoint/index.ts'
import { unheardLogger, unreadMetrics } from '../../src/savepoint/scratch-backend.ts'
import type { KeyedStateReader } from '../../src/spi/keyed-state-snapshot.ts'
import { computeKeyGroupRangeForOperatorIndex } from '../../src/types/key-group.ts'
import { toStateKey } from '../../src/types/state-key.ts'
import { memoryStore } from '../runtime/state/ordered/memory-store.ts'
import { CURRENT, goldenFiles, KEYED_FILE } from './golden-files.ts'
import { contents, EVERYTHING, everything, expectedContents, KEYS, MAX_PARALLELISM, operatorState } from './golden-state.ts'

const versions = readdirSync(import.meta.dirname).filter((name) => /^v\d+$/.test(name))
const read = (version: string, name: string): Buffer => readFileSync(join(import.meta.dirname, version, name))

/** Where what is written now differs from the golden files of its version. */
function changes(written: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const golden = readdirSync(join(import.meta.dirname, CURRENT))
  return [...new Set([...golden, ...written.keys()])].flatMap((name) => {
    const [before, now] = [golden.includes(name) ? read(CURRENT, name) : undefined, written.get(name)]
    if (before === undefined || now === undefined) return [`${name} is ${now === undefined ? 'no longer' : 'newly'} written`]
    if (before.equals(now)) return []
    return [`${name} is written differently from byte ${now.findIndex((byte, index) => byte !== before[index])} on`]
  })
}

test('the format has not changed without its version', async () => {
  expect(versions, `${CURRENT} has no golden files yet: write them with write-golden.ts, and keep the others`).toContain(CURRENT)
  const files = await goldenFiles()
  expect(changes(files), 'If that is meant, raise the version, write new golden files with write-golden.ts, and go on reading the old ones').toEqual([])
  // the check itself
  const keyed = Uint8Array.from(files.get(KEYED_FILE) as Uint8Array)
  keyed[100] = (keyed[100] as number) ^ 1
  expect(changes(new Map([...files, [KEYED_FILE, keyed]]))).toEqual([`${KEYED_FILE} is written differently from byte 100 on`])
  expect(changes(new Map([...files, ['more', keyed]]))).toEqual(['more is newly written'])
})

/** Everything of a file that will be closed. */
async function preloaded(reader: KeyedStateReader): Promise<KeyedStateReader> {
  const groups = new Map<number, Uint8Array>()
  for (let keyGroup = reader.keyGroups.start; keyGroup <= reader.keyGroups.end; keyGroup++) groups.set(keyGroup, (await reader.read(keyGroup)).slice())
  return { ...reader, read: (keyGroup) => Promise.resolve(groups.get(keyGroup) ?? new Uint8Array()) }
}

describe.each(versions)('%s', (version) => {
  const savepoint = () => openSavepoint(join(import.meta.dirname, version))
  const backends = { heap: () => heapStateBackend(), ordered: () => orderedStoreBackend({ name: 'memory', open: () => memoryStore({ snapshots: true, late: false }) }) }

  test.each([['heap', 1], ['heap', 5], ['ordered', 1], ['ordered', 3]] as const)('all keyed state is restored: %s, at parallelism %i', async (name, parallelism) => {
    const found: unknown[] = KEYS.map(() => undefined)
    for (let subtask = 0; subtask < parallelism; subtask++) {
      const keyGroupRange = computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, parallelism, subtask)
      const restore: KeyedStateReader[] = []
      const files = (await savepoint()).operator('operator').files.open()
      for await (const { keyed } of files) restore.push(await preloaded(keyed))
      const backend = await backends[name]().open({
        ...{ jobName: 'golden', operatorUid: 'operator', subtaskIndex: subtask, maxParallelism: MAX_PARALLELISM, keyGroupRange, restore },
        ...{ workingDirectory: '/tmp/unused-by-memory', fileSystems: createFileSystems(), logger: unheardLogger, metrics: unreadMetrics, now: () => 0 },
      })
      for (const [n, entry] of contents(backend, keyGroupRange).entries()) if (entry !== undefined) found[n] = entry
      expect(backend.unclaimedStates?.() ?? []).toEqual([])
      await backend.close()
    }
    expect(found).toEqual(expectedContents)
  })
  test('operator state', async () => {
    const { subtasks, enumerator, maxParallelism } = (await savepoint()).operator('operator').metadata
    const { list, union, objects, broadcast } = operatorState(subtasks[0]?.operatorState)
    expect(list.get()).toEqual([{ n: 1 }, { n: 2 ** 50 }])
    expect(union.get()).toEqual(['u'])
    expect(objects.get()).toEqual(['position 5 of version 2'])
    expect([...broadcast.entries()]).toEqual([['a', 0.1], ['b', Number.NEGATIVE_INFINITY]])
    expect(subtasks.map(({ finished }) => finished)).toEqual([false, true])
    expect([maxParallelism, enumerator?.version, [...(enumerator?.bytes ?? [])]]).toEqual([MAX_PARALLELISM, 4, [1, 2, 255]])
  })
  test('as data, without the program that wrote it', async () => {
    const { metadata, operator } = await savepoint()
    expect(metadata).toMatchObject({ jobName: 'golden', checkpointId: 7, savepoint: true, timestampMs: 1_700_000_000_000 })
    const lists: unknown[] = []
    for await (const { value } of operator('operator').keyedState('expiring-list')) lists.push(value)
    expect(lists).toHaveLength(KEYS.length)
    await expect(operator('operator').keyedState('value')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STATE_TYPE_UNKNOWN', message: expect.stringContaining('custom(upper v3)') as unknown })
    for await (const { key, value } of operator('operator').keyedState('value', { type: EVERYTHING })) expect(value).toEqual(everything(KEYS.findIndex((each) => Object.is(toStateKey(each), toStateKey(key)))))
    expect(operator('operator').operatorState('broadcast')).toEqual([['a', 0.1], ['b', Number.NEGATIVE_INFINITY]])
  })
})
