import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import { listState, mapState, valueState } from '../../../src/functions/state-descriptor.ts'
import { readSnapshotFiles, writeKeyedSnapshot } from '../../../src/runtime/checkpoint/snapshot-file.ts'
import { createFileStateOutput } from '../../../src/runtime/checkpoint/storage/file-state-output.ts'
import { createKeyedStateStore } from '../../../src/runtime/state/keyed-state-store.ts'
import { openScratchBackend } from '../../../src/savepoint/scratch-backend.ts'
import { createOperatorState } from '../../../src/runtime/state/operator-state.ts'
import { redistributeOperatorState } from '../../../src/runtime/state/redistribute-operator-state.ts'
import type { KeyGroupRange } from '../../../src/spi/key-group-range.ts'
import type { KeyedStateBackend, StateKey } from '../../../src/spi/keyed-state-backend.ts'
import type { Key } from '../../../src/types/key.ts'
import { computeKeyGroupRangeForOperatorIndex, keyGroupOf } from '../../../src/types/key-group.ts'
import { toStateKey } from '../../../src/types/state-key.ts'
import * as types from '../../../src/types/types.ts'

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8] as const
const fileSystems = createFileSystems()
let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-rescale-'))
})
afterAll(() => rm(directory, { recursive: true }))

const key = fc.oneof(fc.integer(), fc.string(), fc.bigInt(), fc.boolean(), fc.double({ noNaN: true }), fc.tuple(fc.string(), fc.integer()) as fc.Arbitrary<Key>)
const entry = fc.record({ key, value: fc.integer(), list: fc.array(fc.string(), { maxLength: 3 }), map: fc.dictionary(fc.string(), fc.double({ noNaN: true }), { maxKeys: 3 }), timer: fc.option(fc.integer()) })
type Entry = (typeof entry)['generate'] extends (...args: never[]) => { readonly value: infer T } ? T : never

const value = valueState('value', types.int())
const list = listState('list', types.string())
const map = mapState('map', types.string(), types.double())

function subtasks(maxParallelism: number, parallelism: number): readonly KeyGroupRange[] {
  return Array.from({ length: parallelism }, (_, subtask) => computeKeyGroupRangeForOperatorIndex(maxParallelism, parallelism, subtask))
}

function within(range: KeyGroupRange, stateKey: StateKey, maxParallelism: number): number | undefined {
  const keyGroup = keyGroupOf(stateKey, maxParallelism)
  return keyGroup >= range.start && keyGroup <= range.end ? keyGroup : undefined
}

/** One entry per key: the later one of two. */
function distinct(entries: readonly Entry[]): ReadonlyMap<StateKey, Entry> {
  return new Map(entries.map((each) => [toStateKey(each.key), each]))
}

function write(backend: KeyedStateBackend, range: KeyGroupRange, entries: ReadonlyMap<StateKey, Entry>, maxParallelism: number): void {
  const store = createKeyedStateStore(backend, { now: () => 0 })
  const states = { value: store.state(value), list: store.state(list), map: store.state(map) }
  const timers = backend.timers('event')
  for (const [stateKey, each] of entries) {
    const keyGroup = within(range, stateKey, maxParallelism)
    if (keyGroup === undefined) continue
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    states.value.update(each.value)
    states.list.update(each.list)
    for (const [name, number] of Object.entries(each.map)) states.map.put(name, number)
    if (each.timer !== null) timers.add(each.timer, keyGroup, stateKey, null)
  }
}

function clear(backend: KeyedStateBackend, range: KeyGroupRange, entries: ReadonlyMap<StateKey, Entry>, maxParallelism: number): void {
  const store = createKeyedStateStore(backend, { now: () => 0 })
  const states = [store.state(value), store.state(list), store.state(map)]
  const timers = backend.timers('event')
  for (const [stateKey, { timer }] of entries) {
    const keyGroup = within(range, stateKey, maxParallelism)
    if (keyGroup === undefined) continue
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    for (const state of states) state.clear()
    if (timer !== null) timers.remove(timer, keyGroup, stateKey, null)
  }
}

function read(backend: KeyedStateBackend, range: KeyGroupRange, entries: ReadonlyMap<StateKey, Entry>, maxParallelism: number): (readonly [StateKey, Entry])[] {
  const store = createKeyedStateStore(backend, { now: () => 0 })
  const states = { value: store.state(value), list: store.state(list), map: store.state(map) }
  const timers = backend.timers('event')
  const found = [...entries].flatMap(([stateKey, { key: written, timer }]): (readonly [StateKey, Entry])[] => {
    const keyGroup = within(range, stateKey, maxParallelism)
    if (keyGroup === undefined) return []
    Object.assign(store, { currentKey: stateKey, currentKeyGroup: keyGroup })
    const restored = { key: written, value: states.value.value() ?? NaN, list: [...states.list.get()], map: Object.fromEntries(states.map.entries()), timer: null }
    return [[stateKey, timer !== null && timers.remove(timer, keyGroup, stateKey, null) ? { ...restored, timer } : restored]]
  })
  // nothing was restored that nobody wrote
  expect(timers.size).toBe(0)
  expect([...store.keysOf(value)].length).toBe(found.length)
  return found
}

test.each(WIDTHS)('from %i subtasks to 1 … 8 and any number of key groups, through files, the state is the same', async (before) => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 40 }), fc.array(entry, { maxLength: 20 }), fc.constantFrom(8, 13, 128), fc.nat(), async (written, removed, maxParallelism, run) => {
      const entries = distinct(written)
      // in the checkpoint before, which the files build on if there is one
      const earlier = distinct([...removed, ...written.filter((_, index) => index % 2 === 0).map((each) => ({ ...each, value: each.value ^ 1 }))])
      const path = join(directory, `${before}-${run}`)
      const open = (keyGroupRange: KeyGroupRange, restore: Parameters<typeof openScratchBackend>[0]['restore']): Promise<KeyedStateBackend> =>
        openScratchBackend({ uid: 'op', maxParallelism, keyGroupRange, restore, incremental: true, fileSystems, now: () => 0 })
      const chains: string[][] = []
      for (const range of subtasks(maxParallelism, before)) {
        const backend = await open(range, [])
        const chain: string[] = []
        const save = async (checkpointId: number, since?: number): Promise<void> => {
          const output = await createFileStateOutput(fileSystems.forPath(path), path, `op-${chains.length}-${checkpointId}`)
          chain.push(`${path}/${(await writeKeyedSnapshot(backend.snapshot(checkpointId, since), output, () => Promise.resolve(), checkpointId)).path}`)
        }
        if (removed.length > 0) {
          write(backend, range, earlier, maxParallelism)
          await save(1)
          clear(backend, range, earlier, maxParallelism)
        }
        write(backend, range, entries, maxParallelism)
        await save(2, removed.length > 0 ? 1 : undefined)
        chains.push(chain)
        await backend.close()
      }
      for (const after of WIDTHS) {
        const found: (readonly [StateKey, Entry])[] = []
        for (const range of subtasks(maxParallelism, after)) {
          const opened = await Promise.all(chains.map((files) => Promise.all(files.map((file) => fileSystems.forPath(file).open(file)))))
          const backend = await open(range, await Promise.all(opened.map((files) => readSnapshotFiles(files, range))))
          await Promise.all(opened.flat().map((file) => file.close()))
          found.push(...read(backend, range, entries, maxParallelism))
          await backend.close()
        }
        expect(new Map(found)).toEqual(entries)
        expect(found.length).toBe(entries.size)
      }
      await rm(path, { recursive: true, force: true })
    }),
    { numRuns: 4 },
  )
})

test('operator state too: lists are dealt out whole and in order, unions and broadcast maps copied', () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const open = (restored?: Uint8Array) => {
    const state = createOperatorState(restored, { uid: 'op', logger })
    return { split: state.list('split', types.string(), 'split'), union: state.list('union', types.int(), 'union'), rules: state.broadcast('rules', types.string(), types.int()), bytes: () => state.snapshot() }
  }
  const elements = fc.array(fc.array(fc.string(), { maxLength: 6 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(elements, fc.array(fc.integer()), fc.dictionary(fc.string(), fc.integer()), (bySubtask, shared, rules) => {
      const old = bySubtask.map((split, subtask) => {
        const state = open()
        state.split.update(split)
        state.union.update(subtask === 0 ? shared : [])
        for (const [name, rule] of Object.entries(rules)) state.rules.put(name, rule)
        return state.bytes()
      })
      for (const parallelism of WIDTHS) {
        const restored = redistributeOperatorState(old, parallelism).map(open)
        const dealt = restored.map(({ split }) => split.get())
        expect(dealt.flat()).toEqual(bySubtask.flat())
        if (parallelism !== bySubtask.length) expect(Math.max(...dealt.map(({ length }) => length)) - Math.min(...dealt.map(({ length }) => length))).toBeLessThanOrEqual(1)
        for (const state of restored) expect([state.union.get(), new Map(state.rules.entries())]).toEqual([shared, new Map(Object.entries(rules))])
      }
    }),
    { numRuns: 40 },
  )
})
