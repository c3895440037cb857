import { describe, expect, test } from 'vitest'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import type { CheckpointStorage } from '../../../src/spi/checkpoint-storage.ts'
import type { StateBackend } from '../../../src/spi/state-backend.ts'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

describe('closing', () => {
  test('what opens after the job was canceled is closed as well', async () => {
    const opening = Promise.withResolvers<void>()
    const events: string[] = []
    const slow = defineSink<number>({
      name: 'slow',
      async createWriter() {
        events.push('opening')
        await opening.promise
        events.push('open')
        return { write: () => undefined, flush: () => undefined, close: () => void events.push('closed') }
      },
    })
    const job = await testJob((env) => env.fromData([1]).sinkTo(slow))
    await job.until(() => events.length === 1)
    setImmediate(() => opening.resolve())
    await job.cancel()
    expect(events).toEqual(['opening', 'open', 'closed'])
    expect(await job.client.done).toMatchObject({ state: 'canceled' })
  })
  test('code that never stops is left behind, with an error in the log', async () => {
    const errors: string[] = []
    let flushing = false
    const flush = (): Promise<void> => {
      flushing = true
      return new Promise(() => {})
    }
    const stuck = defineSink<number>({ name: 'stuck', createWriter: () => ({ write: () => undefined, flush }) })
    const logger = { debug() {}, info() {}, warn() {}, error: (fields: object, message: string) => void errors.push(JSON.stringify(fields) + message) }
    const job = await testJob((env) => env.fromData([1], types.int()).sinkTo(stuck, { uid: 'stuck' }), { logger })
    await job.until(() => flushing)
    await job.cancel()
    expect(errors.join()).toMatch(/#0.*did not close within 30000 ms/)
  })
  test('closes sources, sinks and functions once an attempt, failed or not', async () => {
    const closed: string[] = []
    let attempt = 0
    const source = scriptedSource<number>([1, 2, end])
    const result = await runTestJob(
      (env) =>
        env
          .fromSource({ ...source, createReader: (context) => ({ ...source.createReader(context), close: () => void closed.push('source') }) })
          .process(() => {
            attempt++
            return {
              processElement(n, _timestamp, output) {
                if (attempt === 1) throw new Error('first')
                output.collect(n)
              },
              close: () => void closed.push(`function ${attempt}`),
            }
          }, types.long())
          .sinkTo(defineSink<number>({ name: 'sink', createWriter: () => ({ write: () => undefined, flush: () => undefined, close: () => void closed.push('sink') }) })),
      { restart: { kind: 'fixedDelay', attempts: 1, delay: '1s' } },
    )
    expect(result.numRestarts).toBe(1)
    expect(closed.toSorted()).toEqual(['function 1', 'function 2', 'sink', 'sink', 'source', 'source'])
  })

  test('state that was opened is closed, also when a later operator of the chain cannot be created', async () => {
    const heap = heapStateBackend()
    let open = 0
    let opens = 0
    const counted: StateBackend = {
      ...heap,
      async open(context) {
        const backend = await heap.open(context)
        opens++
        open++
        const close = backend.close.bind(backend)
        backend.close = () => {
          open--
          return close()
        }
        return backend
      },
    }
    const failing = (fails: boolean): Promise<unknown> =>
      runTestJob((env) => env.fromSource(scriptedSource<number>([1, end])).keyBy((n) => n).reduce((a, b) => a + b).process(() => {
        if (fails) throw new Error('cannot open')
        return { processElement: () => undefined }
      }, types.long()).sinkTo(collectingSink()), { stateBackend: counted, parallelism: 2 })
    await expect(failing(true)).rejects.toMatchObject({ message: expect.stringContaining('cannot open') })
    await failing(false)
    expect([opens, open]).toEqual([4, 0])
  })
})

describe('sources', () => {
  /** Never says that nothing will follow, as a source that keeps discovering. */
  const continuous = (splits: number): ReturnType<typeof defineSource<number, { readonly id: string; readonly next: number }>> =>
    defineSource<number, { readonly id: string; readonly next: number }, null>({
      name: 'continuous',
      bounded: false,
      createEnumerator: (context) => {
        let assigned = 0
        return {
          start: () => undefined,
          handleSplitRequest: (subtask) => (assigned < splits ? context.assignSplits(subtask, [{ id: String(assigned++), next: 0 }]) : undefined),
          addSplitsBack: () => undefined,
          snapshotState: () => null,
        }
      },
      createReader: () => {
        let left: { readonly id: string; next: number }[] = []
        return {
          addSplits: (added) => (left = added.map((split) => ({ ...split }))),
          snapshotSplits: () => left,
          poll(output) {
            for (const split of left) while (split.next < 30) output.forSplit(split.id).collect(split.next, split.next++)
            return left.length === 0 ? 'end' : 'pending'
          },
          available: () => new Promise<void>(() => {}),
        }
      },
    })
  test('a reader without splits becomes idle and holds event time back no longer', async () => {
    const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
    const job = await testJob(
      (env) =>
        env
          .fromSource(continuous(1), WatermarkStrategy.forMonotonousTimestamps())
          .keyBy(() => 'all')
          .window(TumblingEventTimeWindows.of('10ms'))
          .aggregate({ n: count() }, ({ n }) => n)
          .sinkTo(sink),
      { parallelism: 2, turnMs: 0 },
    )
    await job.until(() => job.client.status().recordsIn === 30)
    await job.clock.advance(50_000)
    expect(sink.values).toEqual([])
    await job.clock.advance(20_000)
    expect(sink.values).toEqual([10, 10])
    await job.cancel()
  })
  test('are not polled while they wait, whatever else wakes the task', async () => {
    let polls = 0
    const source = continuous(1)
    const counting = {
      ...source,
      createReader: (context: Parameters<typeof source.createReader>[0]) => {
        const reader = source.createReader(context)
        return { ...reader, poll: (...args: Parameters<typeof reader.poll>) => (polls++, reader.poll(...args)) }
      },
    }
    const job = await testJob((env) => env.fromSource(counting).sinkTo(collectingSink()), { checkpoints: { interval: '10ms' } })
    await job.until(() => job.client.status().recordsIn === 30)
    const before = polls
    await job.clock.advance(1000)
    expect(job.client.status().lastCheckpoint?.checkpointId).toBeGreaterThan(50)
    expect(polls).toBe(before)
    await job.cancel()
  })
  test('an enumerator that throws fails the job', async () => {
    const source = continuous(1)
    const broken = { ...source, createEnumerator: (context: Parameters<typeof source.createEnumerator>[0]) => ({ ...source.createEnumerator(context, undefined), addReader: () => { throw new Error('no readers') } }) }
    await expect(runTestJob((env) => env.fromSource(broken).sinkTo(collectingSink()))).rejects.toMatchObject({ message: expect.stringContaining('no readers') })
  })
})

test('the end of one of two inputs is not told again to a job that had finished', async () => {
  const storage = memoryCheckpointStorage()
  const lines: string[][] = []
  for (const from of [undefined, 'latest']) {
    const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
    await runTestJob(
      (env) => {
        const first = env.fromSource(scriptedSource<number>([1, end]), undefined, { uid: 'a', parallelism: 1 })
        const second = env.fromSource(scriptedSource<number>([2, end]), undefined, { uid: 'b', parallelism: 1 })
        first
          .connect(second)
          .process<string>(() => ({
            processElement1: () => undefined,
            processElement2: () => undefined,
            endInput: (input, output) => output.collect(`end ${input}`),
            finish: (output) => output.collect('finish'),
          }), types.string())
          .uid('join')
          .sinkTo(sink, { uid: 'sink' })
      },
      { checkpoints: { interval: '1h', storage }, ...(from === undefined ? {} : { from }) },
    )
    lines.push([...sink.values])
  }
  expect(lines).toEqual([['end 0', 'end 1', 'finish'], []])
})

test('a restart waits for the checkpoint that was being completed, and uses it', async () => {
  const memory = memoryCheckpointStorage()
  let completing = false
  const storage: CheckpointStorage = {
    ...memory,
    async open(context) {
      const store = await memory.open(context)
      const complete = store.complete.bind(store)
      store.complete = async (...args) => {
        completing = true
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
        return complete(...args)
      }
      return store
    },
  }
  const sink = collectingSink<number>()
  let failed = false
  const numbers = Array.from({ length: 300 }, (_, n) => n)
  const result = await runTestJob(
    (env) =>
      env
        .fromSource(scriptedSource<number>([...numbers, end]))
        .map((n) => {
          if (!completing || failed) return n
          failed = true
          throw new Error('while a checkpoint is being completed')
        })
        .sinkTo(sink),
    { checkpoints: { interval: '10ms', storage }, restart: { kind: 'fixedDelay', attempts: 2, delay: '0ms' } },
  )
  expect(result.numRestarts).toBe(1)
  expect(sink.values).toEqual(numbers)
  expect(sink.written.filter((n) => n === 0)).toEqual([0])
})
