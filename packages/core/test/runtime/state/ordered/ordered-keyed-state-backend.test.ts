import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StateDefinition } from '../../../../src/spi/state-backend.ts'
import { collectSlices, collectSnapshot, keyGroup } from '../../../../src/testing/state-backend/backend-fixture.ts'
import { long } from '../../../../src/types/number-types.ts'
import { memoryStore } from './memory-store.ts'
import { openBackend } from './open-backend.ts'

const VALUES: StateDefinition = { name: 'values', kind: 'value', layout: 'key', valueType: long() }
const CACHE_BYTES = 100_000

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-ordered-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('keeps to the budget of its cache, and what is used in it', async () => {
  const store = memoryStore({ snapshots: true, late: false })
  const { backend, gauge } = await openBackend({ store, workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  for (let key = 0; key < 5000; key++) {
    table.put(keyGroup(key), key, null, key)
    expect(table.get(keyGroup(7), 7, null)).toBe(key < 7 ? undefined : 7)
  }
  expect(gauge('stateCacheBytesEstimated')).toBeLessThanOrEqual(CACHE_BYTES)
  expect(gauge('stateCacheEntries')).toBeGreaterThan(100)
  expect(gauge('stateCacheMisses')).toBe(1)
  for (let key = 0; key < 5000; key++) expect(table.get(keyGroup(key), key, null)).toBe(key)
  expect(gauge('stateCacheMisses')).toBeGreaterThan(4000)
  await backend.close()
})

test('what is in use stays in the cache while writes are slow', async () => {
  const { backend, gauge } = await openBackend({ store: memoryStore({ snapshots: true, late: true }), workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  const inUse = 150
  let missesBefore = 0
  for (let turn = 0; turn < 100; turn++) {
    for (let key = 0; key < inUse; key++) table.put(keyGroup(key), key, null, (table.get(keyGroup(key), key, null) ?? 0) + 1)
    // all of them once, before anything else has come
    if (turn === 0) missesBefore = gauge('stateCacheMisses')
    for (let key = 1000 + turn * 20; key < 1020 + turn * 20; key++) table.put(keyGroup(key), key, null, key)
    await new Promise((resolve) => setImmediate(resolve))
    await backend.prefetch?.([])
  }
  expect(gauge('stateCacheMisses')).toBe(missesBefore)
  for (let key = 0; key < inUse; key++) expect(table.get(keyGroup(key), key, null)).toBe(100)
  await backend.close()
})

test('waits until its cache is near the budget again, however much came at once', async () => {
  const { backend, gauge } = await openBackend({ store: memoryStore({ snapshots: true, late: true }), workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  for (let turn = 0; turn < 5; turn++) {
    for (let key = turn * 10_000; key < (turn + 1) * 10_000; key++) table.put(keyGroup(key), key, null, key)
    await backend.prefetch?.([])
    expect(gauge('stateCacheBytesEstimated')).toBeLessThan(2 * CACHE_BYTES)
  }
  expect(table.get(keyGroup(12_345), 12_345, null)).toBe(12_345)
  await backend.close()
})

test('writes many entries at a time, however long it runs', async () => {
  const sizes: number[] = []
  const store = memoryStore({ snapshots: true, late: true })
  const { write } = store
  store.write = (batch) => {
    sizes.push(batch.length)
    return write(batch)
  }
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: 10 * CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  const count = 60_000
  for (let key = 0; key < count; key++) {
    table.put(keyGroup(key), key, null, key)
    if (key % 500 === 0) await backend.prefetch?.([])
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(0.9 * count)
  expect(sizes.length).toBeLessThan(count / 500)
  await backend.close()
})

test('a value that cannot be written fails the snapshot, not who replaces it', async () => {
  const { backend } = await openBackend({ store: memoryStore({ snapshots: true, late: false }), workingDirectory: directory })
  const table = backend.table<unknown>(VALUES)
  for (let key = 0; key < 300; key++) table.put(keyGroup(key), key, null, key === 100 ? 'no number' : key)
  const snapshot = backend.snapshot(1)
  for (let key = 0; key < 300; key++) table.put(keyGroup(key), key, null, 2 * key)
  expect(() => [...snapshot.chunks()]).toThrow(expect.objectContaining({ code: 'CORE_TYPE_MISMATCH', message: expect.stringContaining("'values'") }))
  snapshot.release()
  let entries = 0
  for (const chunk of backend.snapshot(2).chunks()) entries += chunk.entries
  expect(entries).toBe(300)
  await backend.close()
})

test('a large snapshot is read ahead by who waits, and scanned for who does not', async () => {
  const store = memoryStore({ snapshots: true, late: true, reads: true })
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  for (let key = 0; key < 20_000; key++) {
    table.put(key % 2, key, null, key)
    if (key % 500 === 0) await backend.prefetch?.([])
  }
  expect((await collectSlices(backend.snapshot(1))).entries).toBe(20_000)
  const { pagesRead } = store
  expect(pagesRead).toBeGreaterThan(20)
  expect(collectSnapshot(backend.snapshot(2)).entries).toBe(20_000)
  expect(store.pagesRead).toBe(pagesRead)
  expect(store.iteratorsClosed).toBe(2)
  await backend.close()
})

test('a snapshot fails when reading ahead does', async () => {
  const store = memoryStore({ snapshots: true, late: false, reads: true })
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  for (let key = 0; key < 5000; key++) table.put(0, key, null, key)
  store.failReads = new Error('cannot read 000007.ldb')
  const failed = expect.objectContaining({ code: 'STATE_STORE_FAILED', message: expect.stringContaining('cannot read 000007.ldb'), at: { uid: 'counts' } })
  await expect(collectSlices(backend.snapshot(1))).rejects.toEqual(failed)
  await backend.close()
})

test('writes nothing while everything fits', async () => {
  const store = memoryStore({ snapshots: true, late: false })
  const { backend } = await openBackend({ store, workingDirectory: directory })
  const table = backend.table<number>(VALUES)
  for (let round = 0; round < 3; round++) {
    for (let key = 0; key < 1000; key++) table.put(keyGroup(key), key, null, round)
    expect([...collectSnapshot(backend.snapshot(round)).states].length).toBe(1)
  }
  expect(store.entries.size).toBe(0)
  await backend.close()
})

test('restores into the store and reads what is asked for', async () => {
  const first = await openBackend({ store: memoryStore({ snapshots: true, late: false }), workingDirectory: join(directory, '1') })
  for (let key = 0; key < 3000; key++) first.backend.table<number>(VALUES).put(keyGroup(key), key, null, key)
  const store = memoryStore({ snapshots: true, late: true })
  const { backend, gauge } = await openBackend({ store, workingDirectory: join(directory, '2'), restore: [collectSnapshot(first.backend.snapshot(1))] })
  expect(store.entries.size).toBe(3000)
  expect(backend.table<number>(VALUES).get(keyGroup(3), 3, null)).toBe(3)
  expect(gauge('stateCacheEntries')).toBe(1)
  await Promise.all([first.backend.close(), backend.close()])
})

test('a write that fails late fails the next access', async () => {
  const store = memoryStore({ snapshots: true, late: true })
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  store.failWrites = new Error('no space left on device')
  for (let key = 0; key < 1000; key++) table.put(keyGroup(key), key, null, key)
  await new Promise((resolve) => setImmediate(resolve))
  const failed = expect.objectContaining({ code: 'STATE_STORE_FAILED', origin: 'external', message: expect.stringContaining('no space left on device'), at: { uid: 'counts' } })
  expect(() => table.get(keyGroup(-1), -1, null)).toThrow(failed)
  expect(() => backend.snapshot(1)).toThrow(failed)
  await expect(backend.prefetch?.([])).rejects.toEqual(failed)
  await backend.close()
})

test('a write that fails at once fails the call', async () => {
  const store = memoryStore({ snapshots: true, late: false })
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: CACHE_BYTES })
  const table = backend.table<number>(VALUES)
  store.failWrites = new Error('read-only')
  expect(() => {
    for (let key = 0; key < 1000; key++) table.put(keyGroup(key), key, null, key)
  }).toThrow(expect.objectContaining({ code: 'STATE_STORE_FAILED', message: expect.stringContaining('read-only') }))
  await backend.close()
})

test('has a directory of its own and leaves none', async () => {
  const workingDirectory = join(directory, 'attempt')
  const opened = await Promise.all([1, 2].map(() => openBackend({ store: memoryStore({ snapshots: true, late: false }), workingDirectory })))
  expect(readdirSync(workingDirectory).length).toBe(2)
  for (const { backend } of opened) await backend.close()
  expect(readdirSync(workingDirectory)).toEqual([])
})

test('fires more timers in order than it holds in memory', async () => {
  const store = memoryStore({ snapshots: true, late: false })
  const { backend } = await openBackend({ store, workingDirectory: directory, cacheBytes: 20 * CACHE_BYTES })
  const queue = backend.timers('event')
  const count = 150_000
  // every timestamp twice, neither ascending nor descending
  for (let index = 0; index < count; index++) expect(queue.add(((index * 7919) % (count / 2)) - 100, index % 128, index, null)).toBe(true)
  let last = -Infinity
  let fired = 0
  for (let previous = -1; queue.poll(Infinity); previous = queue.key as number) {
    if (queue.timestamp < last || (queue.timestamp === last && (queue.key as number) < previous)) expect.fail(`${queue.timestamp} of ${String(queue.key)} after ${last} of ${previous}`)
    last = queue.timestamp
    // those due go on coming
    if (++fired % 1000 === 0) queue.add(last, 5, `again ${fired}`, null)
  }
  expect(queue.size).toBe(0)
  expect(fired).toBeGreaterThanOrEqual(count)
  await backend.close()
})
