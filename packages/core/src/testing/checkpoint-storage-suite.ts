import assert from 'node:assert/strict'
import { createFileSystems } from '../file-system/file-systems.ts'
import type { CheckpointStorage, CheckpointStore, CompletedCheckpoint, StateHandle } from '../spi/checkpoint-storage.ts'
import type { FileSystem } from '../spi/file-system.ts'
import type { Logger } from '../spi/logger.ts'
import { hasCode } from './state-backend/assertions.ts'
import { suite } from './suite-runner.ts'
import type { SuiteRunner } from './suite-runner.ts'

/** A fresh, empty place for checkpoints for one case. */
export interface CheckpointStorageFixture {
  /** The storage as the configuration of a further process would make it; for storage that is not durable always the same. */
  storage(): CheckpointStorage
  /** What the storage needs beside `file:`. */
  readonly fileSystems?: readonly FileSystem[]
  /** A directory for savepoints, without a slash at its end. */
  readonly savepointDirectory: string
  cleanup(): Promise<void>
}

/** Longer than any lease lives without being renewed. */
const LONG_MS = 3_600_000

interface Case {
  open(): Promise<CheckpointStore>
  readonly clock: { nowMs: number }
  readonly fixture: CheckpointStorageFixture
}

/** What every CheckpointStorage must do. */
export function checkpointStorageSuite(runner: SuiteRunner, create: () => Promise<CheckpointStorageFixture>): void {
  suite(runner, 'checkpoint storage', (test) => {
    const on = (name: string, body: (opened: Case) => Promise<void>): void => {
      test(name, async () => {
        const fixture = await create()
        const clock = { nowMs: 1_000_000 }
        const fileSystems = createFileSystems(fixture.fileSystems)
        const open = async (): Promise<CheckpointStore> => fixture.storage().open({ jobName: 'job', fileSystems, logger: silentLogger, now: () => clock.nowMs })
        try {
          await body({ open, clock, fixture })
        } finally {
          await fixture.cleanup()
        }
      })
    }
    checkpointCases(on)
    savepointCases(on)
    leaseCases(on)
    sharedCases(on)
  })
}

type On = (name: string, body: (opened: Case) => Promise<void>) => void

function checkpointCases(on: On): void {
  on('a completed checkpoint has its metadata and its state', async ({ open, clock }) => {
    const store = await open()
    await store.acquireLease('a')
    const completed = await write(store, 7, 'some state')
    assert.deepEqual([completed.checkpointId, completed.savepoint, completed.completedMs], [7, false, clock.nowMs])
    assert.deepEqual(await store.list(), [completed])
    assert.equal(await read(store, completed.pointer), 'some state')
  })
  on('executors write state without the lease', async ({ open }) => {
    const coordinator = await open()
    await coordinator.acquireLease('a')
    const completed = await write(coordinator, 1, 'by an executor', { stateBy: await open() })
    assert.equal(await read(await open(), completed.pointer), 'by an executor')
  })
  on('the newest comes first', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    for (const checkpointId of [1, 2, 10]) await write(store, checkpointId, 'x')
    assert.deepEqual((await store.list()).map((checkpoint) => checkpoint.checkpointId), [10, 2, 1])
  })
  on('a later run comes before an earlier one, whatever its ids', async ({ open }) => {
    const first = await open()
    const lease = await first.acquireLease('a')
    await write(first, 57, 'earlier')
    await lease.release()
    const second = await open()
    await second.acquireLease('b')
    const later = await write(second, 1, 'later')
    assert.deepEqual((await second.list()).map(({ checkpointId }) => checkpointId), [1, 57])
    assert.equal(await read(second, later.pointer), 'later')
  })
  on('without metadata there is no checkpoint', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    const output = await store.createStateOutput(1, 'state', undefined)
    output.write(text('x'))
    await output.close()
    const aborted = await store.createStateOutput(2, 'state', undefined)
    aborted.write(text('y'))
    await aborted.abort()
    assert.deepEqual(await store.list(), [])
  })
  on('state of many writes is what was written', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    const output = await store.createStateOutput(1, 'op #1/äöü', undefined)
    const chunks = Array.from({ length: 200 }, (_, index) => new Uint8Array(index * 50).fill(index))
    for (const chunk of chunks) {
      output.write(chunk)
      await output.ready()
    }
    const handle = await output.close()
    const { pointer } = await store.complete(1, text('metadata'), undefined)
    const file = await store.openState(pointer, handle)
    const expected = Buffer.concat(chunks)
    assert.equal(file.size, expected.length)
    assert.equal(handle.sizeBytes, expected.length)
    assert.ok(Buffer.from(await file.read(0, file.size)).equals(expected))
    assert.ok(Buffer.from(await file.read(1000, 1234)).equals(expected.subarray(1000, 1234)))
    await file.close()
  })
  on('a discarded checkpoint is gone, and may be discarded again', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    const { pointer } = await write(store, 1, 'x')
    const kept = await write(store, 2, 'y')
    const output = await store.createStateOutput(3, 'state', undefined)
    output.write(text('incomplete'))
    await output.close()
    for (const checkpointId of [1, 1, 3, 99]) await store.discard(checkpointId)
    assert.deepEqual(await store.list(), [kept])
    assert.equal(await read(store, kept.pointer), 'y')
    await assert.rejects(store.readMetadata(pointer), hasCode('CKPT_NOT_FOUND', pointer))
  })
  on('a job that starts over does not touch earlier checkpoints until it has got further', async ({ open }) => {
    const first = await open()
    const lease = await first.acquireLease('a')
    const earlier = await write(first, 2, 'earlier')
    await lease.release()
    const second = await open()
    await second.acquireLease('b')
    await write(second, 1, 'x')
    await second.discard(2)
    assert.equal(await read(second, earlier.pointer), 'earlier')
    await write(second, 3, 'y')
    await second.discard(2)
    assert.deepEqual((await second.list()).map(({ checkpointId }) => checkpointId), [3, 1])
  })
}

function savepointCases(on: On): void {
  on('savepoints lie in their directory, beside each other, and are not listed', async ({ open, clock, fixture }) => {
    const store = await open()
    await store.acquireLease('a')
    const target = fixture.savepointDirectory
    const first = await write(store, 1, 'first', { target })
    clock.nowMs += 1
    const second = await write(store, 2, 'second', { target: `${target}/` })
    assert.deepEqual([first.savepoint, second.savepoint], [true, true])
    assert.notEqual(first.pointer, second.pointer)
    assert.ok(first.pointer.startsWith(`${target}/`))
    assert.deepEqual(await store.list(), [])
    const reader = await open()
    assert.equal(await read(reader, first.pointer), 'first')
    assert.equal(await read(reader, `${second.pointer}/`), 'second')
    assert.equal(await read(reader, `${second.pointer}/_metadata`), 'second')
    await store.discard(1)
    assert.equal(await read(reader, first.pointer), 'first')
  })
  on('where nothing is, there is no savepoint', async ({ open, fixture }) => {
    const nowhere = `${fixture.savepointDirectory}/none`
    await assert.rejects((await open()).readMetadata(nowhere), hasCode('CKPT_NOT_FOUND', nowhere))
  })
}

function leaseCases(on: On): void {
  on('a live lease is respected, and says whose it is', async ({ open }) => {
    const first = await open()
    await first.acquireLease('alice')
    await assert.rejects((await open()).acquireLease('bob'), hasCode('CKPT_LEASE_HELD', 'alice', String(process.pid)))
    await write(first, 1, 'x')
  })
  on('of several contenders one wins', async ({ open }) => {
    const stores = await Promise.all([open(), open(), open(), open()])
    const outcomes = await Promise.allSettled(stores.map((store, index) => store.acquireLease(`contender ${index}`)))
    const losers = outcomes.filter((outcome) => outcome.status === 'rejected')
    assert.equal(losers.length, 3)
    for (const { reason } of losers) assert.ok(hasCode('CKPT_LEASE_HELD')(reason))
  })
  on('a released lease is free', async ({ open }) => {
    const first = await open()
    const lease = await first.acquireLease('a')
    await lease.release()
    await lease.release()
    const next = await (await open()).acquireLease('b')
    assert.ok(next.epoch > lease.epoch)
    await assert.rejects(first.complete(1, text('m'), undefined), hasCode('CKPT_FENCED'))
  })
  on('a renewed lease lives on', async ({ open, clock }) => {
    const lease = await (await open()).acquireLease('a')
    for (let step = 0; step < 5; step++) {
      clock.nowMs += 20_000
      await lease.renew()
    }
    await assert.rejects((await open()).acquireLease('b'), hasCode('CKPT_LEASE_HELD'))
  })
  on('a lease that is not renewed is taken over, and its holder can write no more', async ({ open, clock, fixture }) => {
    const first = await open()
    const lost = await first.acquireLease('a')
    await write(first, 1, 'before')
    const executorOfFirst = await open()
    clock.nowMs += LONG_MS
    const second = await open()
    const lease = await second.acquireLease('b')
    assert.ok(lease.epoch > lost.epoch)
    const completed = await write(second, 2, 'of the second')
    await assert.rejects(lost.renew(), hasCode('CKPT_FENCED'))
    await assert.rejects(write(first, 2, 'of the first', { stateBy: executorOfFirst }), hasCode('CKPT_FENCED'))
    await assert.rejects(write(first, 3, 'x', { target: fixture.savepointDirectory }), hasCode('CKPT_FENCED'))
    await assert.rejects(first.discard(2), hasCode('CKPT_FENCED'))
    await lost.release()
    await lease.renew()
    assert.deepEqual((await second.list()).map(({ checkpointId }) => checkpointId), [2, 1])
    assert.equal(await read(second, completed.pointer), 'of the second')
  })
  on('without the lease nothing is completed or discarded', async ({ open }) => {
    const store = await open()
    await assert.rejects(store.complete(1, text('m'), undefined), hasCode('CKPT_NO_LEASE'))
    await assert.rejects(store.discard(1), hasCode('CKPT_NO_LEASE'))
  })
}

/** Of storage that shares state between checkpoints; others have nothing to do here. */
function sharedCases(on: On): void {
  on('shared state is read through the checkpoints that need it, and goes with the last of them', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    const first = await shared(store, 1, 'base')
    if (first === undefined) return
    await complete(store, 1, [first])
    const second = await shared(store, 2, 'changes')
    const { pointer } = await complete(store, 2, [first, second as StateHandle])
    await store.discard(1)
    await store.discardShared?.([first, second as StateHandle], 2)
    assert.deepEqual(await readAll(store, pointer), ['base', 'changes'])
    assert.deepEqual(await readAll(await open(), `${pointer}/`), ['base', 'changes'])
    const third = await shared(store, 3, 'base again')
    const newest = await complete(store, 3, [third as StateHandle])
    await store.discard(2)
    await store.discardShared?.([third as StateHandle], 3)
    await store.discardShared?.([third as StateHandle], 3)
    assert.deepEqual(await readAll(store, newest.pointer), ['base again'])
    for (const gone of [first, second as StateHandle]) await assert.rejects(store.openState(newest.pointer, gone), hasCode('CKPT_NOT_FOUND'))
  })
  on('of two files that were shared by one checkpoint each goes when it is not needed', async ({ open }) => {
    const store = await open()
    await store.acquireLease('a')
    const [kept, dropped] = [await shared(store, 1, 'kept', 'a'), await shared(store, 1, 'dropped', 'b')]
    if (kept === undefined || dropped === undefined) return
    const { pointer } = await complete(store, 1, [kept, dropped])
    await store.discardShared?.([kept], 2)
    const file = await store.openState(pointer, kept)
    assert.equal(file.size, 'kept'.length)
    await file.close()
    await assert.rejects(store.openState(pointer, dropped), hasCode('CKPT_NOT_FOUND'))
  })
  on('state that is being shared by a later checkpoint is not touched, that of an earlier run is', async ({ open }) => {
    const first = await open()
    const lease = await first.acquireLease('a')
    const old = await shared(first, 9, 'old')
    if (old === undefined) return
    const { pointer } = await complete(first, 9, [old])
    await lease.release()
    const store = await open()
    await store.acquireLease('b')
    assert.deepEqual(await readAll(store, pointer), ['old'])
    const [one, two] = [await shared(store, 1, 'one'), await shared(store, 2, 'two')]
    await store.discardShared?.([one as StateHandle], 1)
    const newest = await complete(store, 2, [one as StateHandle, two as StateHandle])
    assert.deepEqual(await readAll(store, newest.pointer), ['one', 'two'])
    await assert.rejects(store.openState(pointer, old), hasCode('CKPT_NOT_FOUND'))
  })
  on('who has lost the lease shares and discards nothing', async ({ open, clock }) => {
    const first = await open()
    await first.acquireLease('a')
    if (first.createSharedOutput === undefined) return
    const executorOfFirst = await open()
    clock.nowMs += LONG_MS
    const second = await open()
    await second.acquireLease('b')
    await assert.rejects(first.createSharedOutput(1, 'state'), hasCode('CKPT_FENCED'))
    await assert.rejects(executorOfFirst.createSharedOutput?.(1, 'state') ?? Promise.resolve(), hasCode('CKPT_FENCED'))
    await assert.rejects(first.discardShared?.([], 1) ?? Promise.resolve(), hasCode('CKPT_FENCED'))
  })
}

async function shared(store: CheckpointStore, checkpointId: number, state: string, name = 'state-0'): Promise<StateHandle | undefined> {
  const output = await store.createSharedOutput?.(checkpointId, name)
  output?.write(text(state))
  return output?.close()
}

function complete(store: CheckpointStore, checkpointId: number, handles: readonly StateHandle[]): Promise<CompletedCheckpoint> {
  return store.complete(checkpointId, text(JSON.stringify(handles)), undefined)
}

async function readAll(store: Pick<CheckpointStore, 'openState' | 'readMetadata'>, pointer: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const handle of JSON.parse(Buffer.from(await store.readMetadata(pointer)).toString()) as readonly StateHandle[]) {
    const file = await store.openState(pointer, handle)
    found.push(Buffer.from(await file.read(0, file.size)).toString())
    await file.close()
  }
  return found
}

interface WriteOptions {
  readonly target?: string
  readonly stateBy?: CheckpointStore
}

/** A checkpoint of one state, whose handle is its metadata. */
async function write(store: CheckpointStore, checkpointId: number, state: string, { target, stateBy = store }: WriteOptions = {}): Promise<CompletedCheckpoint> {
  const output = await stateBy.createStateOutput(checkpointId, 'state-0', target)
  output.write(text(state))
  const handle = await output.close()
  return store.complete(checkpointId, text(JSON.stringify(handle)), target)
}

async function read(store: CheckpointStore, pointer: string): Promise<string> {
  const file = await store.openState(pointer, JSON.parse(Buffer.from(await store.readMetadata(pointer)).toString()))
  try {
    return Buffer.from(await file.read(0, file.size)).toString()
  } finally {
    await file.close()
  }
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
