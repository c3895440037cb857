import { describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { MillraceError } from '../../../src/errors.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { CheckpointStorage, CheckpointStore } from '../../../src/spi/checkpoint-storage.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import type { Sink } from '../../../src/spi/sink.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob, type TestJob } from '../../../src/testing/test-job.ts'

/** Changes what the store of a storage does. */
function withStore(change: (store: CheckpointStore) => Partial<CheckpointStore>): CheckpointStorage {
  const storage = memoryCheckpointStorage()
  return {
    ...storage,
    async open(context) {
      const store = await storage.open(context)
      const bound: CheckpointStore = {
        acquireLease: (owner) => store.acquireLease(owner),
        createStateOutput: (id, name, target) => store.createStateOutput(id, name, target),
        complete: (id, metadata, target) => store.complete(id, metadata, target),
        list: () => store.list(),
        readMetadata: (pointer) => store.readMetadata(pointer),
        openState: (pointer, handle) => store.openState(pointer, handle),
        discard: (id) => store.discard(id),
        close: () => store.close(),
      }
      return { ...bound, ...change(store) }
    },
  }
}
const full = (): MillraceError => new MillraceError('FS_NO_SPACE', 'disk full', { origin: 'external', retryable: true })
const script = [1, 2, checkpoint, 3, 4, end] as const

/** Fails the publication of the first `times` checkpoints. */
const failing = (times: number): CheckpointStorage => {
  let left = times
  return withStore((store) => ({ complete: (id, metadata, target) => (left-- > 0 ? Promise.reject(full()) : store.complete(id, metadata, target)) }))
}

describe('a checkpoint that cannot be completed', () => {
  test('is counted and tried again; its output is committed with the next', async () => {
    const sink = collectingSink<number>()
    const job = await testJob((env) => env.fromSource(scriptedSource<number>(script)).sinkTo(sink), { checkpoints: { interval: '10ms', storage: failing(2), tolerableFailures: 2 } })
    expect(await job.finish()).toMatchObject({ state: 'finished', numRestarts: 0 })
    expect(job.client.status().failedCheckpoints).toBe(2)
    expect(sink.values).toEqual([1, 2, 3, 4])
  })
  test('fails the job when there are too many in a row', async () => {
    const sink = collectingSink<number>()
    const job = await testJob((env) => env.fromSource(scriptedSource<number>(script)).sinkTo(sink), {
      checkpoints: { interval: '10ms', storage: failing(3), tolerableFailures: 1 },
      restart: { kind: 'fixedDelay', attempts: 1, delay: '1s' },
    })
    expect(await job.finish()).toMatchObject({ numRestarts: 1 })
    expect(sink.values).toEqual([1, 2, 3, 4])
  })
  test('may be the final one: the job ends with a later one, unless too many fail', async () => {
    const sink = collectingSink<number>()
    const build = (env: StreamExecutionEnvironment): void => env.fromSource(scriptedSource<number>([1, 2, end])).sinkTo(sink)
    const running = (storage: CheckpointStorage, interval: '1h' | '10ms'): Promise<TestJob> =>
      testJob(build, { checkpoints: { interval, storage, tolerableFailures: 2 }, restart: { kind: 'none' } })
    for (const interval of ['1h', '10ms'] as const) {
      const job = await running(failing(2), interval)
      expect(await job.finish()).toMatchObject({ state: 'finished', numRestarts: 0 })
      expect(job.client.status().failedCheckpoints).toBe(2)
    }
    expect(sink.values).toEqual([1, 2, 1, 2])
    await expect((await running(failing(3), '10ms')).finish()).rejects.toMatchObject({ code: 'FS_NO_SPACE' })
    expect(sink.values).toEqual([1, 2, 1, 2])
  })
  test('that a task cannot write is declined, counted and tried again', async () => {
    const sink = collectingSink<number>()
    let left = 2
    const storage = withStore((store) => ({ createStateOutput: (id, name, target) => (left-- > 0 ? Promise.reject(full()) : store.createStateOutput(id, name, target)) }))
    const job = await testJob(
      (env) => env.fromSource(scriptedSource<number>([1, 2, checkpoint, 2, 1, end])).keyBy((n) => n).reduce((a, b) => a + b).sinkTo(sink),
      { parallelism: 2, checkpoints: { interval: '10ms', storage, tolerableFailures: 2 } },
    )
    expect(await job.finish()).toMatchObject({ state: 'finished', numRestarts: 0 })
    expect(job.client.status().failedCheckpoints).toBeGreaterThan(0)
    expect(sink.values.toSorted()).toEqual([1, 2, 2, 4])
  })
  test('a savepoint that fails says so and hurts nothing', async () => {
    const sink = collectingSink<number>()
    const storage = withStore((store) => ({ complete: (id, metadata, target) => (target === undefined ? store.complete(id, metadata, target) : Promise.reject(full())) }))
    const job = await testJob((env) => env.fromSource(scriptedSource<number>([1, 2])).sinkTo(sink), { checkpoints: { interval: '1h', storage } })
    await job.until(() => sink.written.length === 2)
    await expect(job.savepoint('somewhere')).rejects.toMatchObject({ code: 'FS_NO_SPACE' })
    await job.stop()
    expect(sink.values).toEqual([1, 2])
  })
  test('one that lost its lease ends the job', async () => {
    const storage = withStore(() => ({ complete: () => Promise.reject(new MillraceError('CKPT_FENCED', 'another run took over', { origin: 'user' })) }))
    const job = runTestJob((env) => env.fromSource(scriptedSource<number>(script)).sinkTo(collectingSink()), { checkpoints: { interval: '10ms', storage, tolerableFailures: 5 } })
    await expect(job).rejects.toMatchObject({ code: 'CKPT_FENCED' })
  })
})

describe('timeouts', () => {
  /** Its first checkpoint is never prepared until `release`. */
  function stuckSink(sink: CollectingSink<number>): { readonly sink: Sink<number>; release(): void } {
    const stuck = Promise.withResolvers<void>()
    return {
      release: () => stuck.resolve(),
      sink: defineSink<number>({
        name: 'stuck',
        async createWriter(context) {
          const writer = await sink.createWriter(context, [])
          return { write: (value, timestamp) => writer.write(value, timestamp), flush: () => stuck.promise, prepareCommit: (id) => writer.prepareCommit?.(id) as never }
        },
        ...(sink.createCommitter === undefined ? {} : { createCommitter: sink.createCommitter as never }),
      }),
    }
  }
  test('abort the checkpoint, naming the tasks that did not answer; the next one may pass', async () => {
    const collected = collectingSink<number>()
    const stuck = stuckSink(collected)
    const warnings: string[] = []
    const logger = { debug() {}, info() {}, warn: (fields: object) => void warnings.push(JSON.stringify(fields)), error() {} }
    const job = await testJob((env) => env.fromSource(scriptedSource<number>(script), undefined, { uid: 'numbers' }).rebalance().sinkTo(stuck.sink, { uid: 'stuck' }), {
      parallelism: 2,
      checkpoints: { interval: '10ms', timeout: '50ms', tolerableFailures: 100 },
      logger,
    })
    await job.until(() => job.client.status().failedCheckpoints === 1)
    expect(warnings.join()).toMatch(/CKPT_TIMEOUT.*stuck#0/)
    stuck.release()
    expect(await job.finish()).toMatchObject({ state: 'finished', numRestarts: 0 })
    expect(collected.values.toSorted()).toEqual([1, 2, 3, 4])
  })
})

test('one checkpoint at a time; savepoints queue', async () => {
  const order: string[] = []
  const storage = withStore((store) => ({
    async complete(id, metadata, target) {
      order.push(target === undefined ? 'checkpoint' : 'savepoint')
      await new Promise(setImmediate)
      return store.complete(id, metadata, undefined)
    },
  }))
  const sink = collectingSink<number>()
  const job = await testJob((env) => env.fromSource(scriptedSource<number>([1, 2])).sinkTo(sink), { checkpoints: { interval: '1h', storage } })
  await job.until(() => sink.written.length === 2)
  await Promise.all([job.savepoint('a'), job.savepoint('b')])
  await job.stop()
  expect(order).toEqual(['savepoint', 'savepoint', 'checkpoint'])
})

test('intervals and pauses between checkpoints', async () => {
  const times: number[] = []
  const sink = collectingSink<number>()
  const storage = withStore((store) => ({
    complete(id, metadata, target) {
      times.push(job.clock.now())
      return store.complete(id, metadata, target)
    },
  }))
  const job = await testJob((env) => env.fromSource(scriptedSource<number>([1, checkpoint, 2, checkpoint, 3, checkpoint, end])).sinkTo(sink), { turnMs: 0, checkpoints: { interval: '100ms', storage } })
  await job.finish()
  expect(times.slice(0, 3)).toEqual([100, 200, 300])
})
