import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sourceFunctionSource } from '../../src/adapters/source-function-source.ts'
import type { JsonValue } from '../../src/spi/json-value.ts'
import type { SourceFunction, SourceFunctionContext } from '../../src/spi/source-function.ts'
import type { SourceReader } from '../../src/spi/source-reader.ts'
import * as types from '../../src/types/types.ts'
import { drive, readerContext, recordingOutput, splitsOf, throughCheckpoint } from './drive-reader.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Counts to `total` in steps; its state is the next number, kept before or after collecting as `eager` says. */
function counter(total: number, step: number, eager = false): SourceFunction<number> {
  return {
    kind: 'source-function',
    name: 'counter',
    type: types.long(),
    open(restored) {
      let next = (restored as number | undefined) ?? 0
      return {
        async run(context) {
          while (next < total && !context.signal.aborted) {
            for (let left = step; left > 0 && next < total; left--) {
              if (eager) context.collect(next++)
              else {
                context.collect(next)
                next++
              }
            }
            await context.ready()
            await turn()
          }
        },
        snapshotState: () => next,
      }
    },
  }
}

function running<T>(run: (context: SourceFunctionContext<T>) => Promise<void>, more: Partial<SourceFunction<T>> = {}): SourceFunction<T> {
  return { kind: 'source-function', name: 'function', open: () => ({ run }), ...more }
}

async function readerOf<T>(source: SourceFunction<T>, parallelism = 1): Promise<SourceReader<T>> {
  const adapted = sourceFunctionSource(source)
  const reader = adapted.createReader(readerContext())
  reader.addSplits(await splitsOf(adapted, parallelism))
  return reader
}

test('emits records, watermarks and idleness in order and ends with the loop', async () => {
  const reader = await readerOf<string>(
    running(async (context) => {
      context.collect('a', 5)
      context.emitWatermark(4)
      await turn()
      context.collect('b')
      context.markIdle()
    }),
  )
  const output = recordingOutput<string>()
  expect(await drive(reader, output, 10)).toBe('end')
  expect(output.emitted).toEqual([
    { split: '0', value: 'a', timestamp: 5 },
    { split: '0', event: 'watermark 4' },
    { split: '0', value: 'b', timestamp: undefined },
    { split: '0', event: 'idle' },
    { split: '0', event: 'released' },
  ])
  expect(reader.snapshotSplits(1)).toEqual([])
})

test('exactly once: a snapshot at any moment resumes with the next record', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ total: fc.integer({ min: 0, max: 60 }), step: fc.integer({ min: 1, max: 20 }), eager: fc.boolean() }),
      fc.array(fc.record({ maxRecords: fc.integer({ min: 1, max: 8 }), polls: fc.integer({ min: 1, max: 4 }), turns: fc.integer({ min: 0, max: 2 }) }), { maxLength: 6 }),
      async ({ total, step, eager }, attempts) => {
        const source = sourceFunctionSource(counter(total, step, eager))
        const output = recordingOutput<number>()
        let splits = await splitsOf(source)
        for (const { maxRecords, polls, turns } of [...attempts, { maxRecords: 100, polls: Infinity, turns: 0 }]) {
          const reader = source.createReader(readerContext())
          reader.addSplits(splits)
          const result = await drive(reader, output, maxRecords, polls)
          // the loop goes on between the last poll and the barrier
          for (let count = turns; count > 0; count--) await turn()
          splits = result === 'end' ? [] : throughCheckpoint(source, reader.snapshotSplits(1))
          await reader.close?.()
        }
        expect(output.values()).toEqual(Array.from({ length: total }, (_, index) => index))
      },
    ),
    { numRuns: 60 },
  )
})

test('snapshotState is asked once per checkpoint, with its id, and completion is passed on', async () => {
  const calls: string[] = []
  const reader = await readerOf<number>({
    ...running<number>(async () => {}),
    open: () => ({
      run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
      snapshotState: (checkpointId) => void calls.push(`snapshot ${checkpointId}`) as unknown as JsonValue,
      notifyCheckpointComplete: (checkpointId) => void calls.push(`complete ${checkpointId}`),
      close: () => void calls.push('close'),
    }),
  })
  expect(reader.poll(recordingOutput(), 1)).toBe('pending')
  reader.snapshotSplits(7)
  await reader.notifyCheckpointComplete?.(7)
  await reader.close?.()
  expect(calls).toEqual(['snapshot 7', 'complete 7', 'close'])
})

test('ready holds a fast loop back', async () => {
  let collected = 0
  const reader = await readerOf<number>(
    running(async (context) => {
      while (!context.signal.aborted) {
        context.collect(collected++)
        await context.ready()
      }
    }),
  )
  const output = recordingOutput<number>()
  expect(reader.poll(output, 10)).toBe('pending')
  await turn()
  expect(collected).toBeGreaterThan(500)
  expect(collected).toBeLessThanOrEqual(1024 + 10)
  const before = collected
  for (let poll = 0; poll < 200; poll++) reader.poll(output, 10)
  await turn()
  expect(collected).toBeGreaterThan(before)
  await reader.close?.()
})

test('ready counts bytes as well as records', async () => {
  let collected = 0
  const reader = await readerOf<string>(
    running(async (context) => {
      for (; !context.signal.aborted; collected++) {
        context.collect('x'.repeat(300_000))
        await context.ready()
      }
    }),
  )
  reader.poll(recordingOutput<string>(), 1)
  await turn()
  expect(collected).toBeLessThanOrEqual(5)
  await reader.close?.()
})

test('what the loop throws fails poll, after the records before it', async () => {
  const reader = await readerOf<number>(
    running(async (context) => {
      context.collect(1)
      throw new Error('broken')
    }),
  )
  const output = recordingOutput<number>()
  await expect(drive(reader, output, 10)).rejects.toMatchObject({ code: 'CORE_SOURCE_FUNCTION_FAILED', message: expect.stringContaining('broken') })
  expect(output.values()).toEqual([1])
})

test('one instance unless parallel; instances keep their index wherever they run', async () => {
  const parallel = running<string>(async (context) => context.collect(`${context.subtaskIndex}/${context.parallelism}`), { parallel: true })
  expect(await splitsOf(sourceFunctionSource(running(async () => {})), 4)).toHaveLength(1)
  const output = recordingOutput<string>()
  await drive(await readerOf(parallel, 3), output, 10)
  expect(output.values().toSorted()).toEqual(['0/3', '1/3', '2/3'])
})

test('a stopped loop is not a finished one', async () => {
  const source = sourceFunctionSource(running<number>(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve()))))
  const stop = new AbortController()
  const reader = source.createReader(readerContext(stop.signal))
  reader.addSplits(await splitsOf(source))
  reader.poll(recordingOutput(), 1)
  stop.abort()
  await turn()
  expect(reader.snapshotSplits(1)).toMatchObject([{ finished: false }])
  await reader.close?.()
})

test('a split of an unknown version is refused', () => {
  const { splitSerializer } = sourceFunctionSource(counter(1, 1))
  expect(() => splitSerializer?.deserialize(2, new Uint8Array())).toThrow(expect.objectContaining({ code: 'CORE_UNKNOWN_VERSION' }))
})

test('pending records keep kinds and timestamps through a checkpoint', () => {
  const source = sourceFunctionSource(counter(1, 1))
  const split = {
    id: '0',
    index: 0,
    count: 1,
    finished: true,
    state: { a: [1] },
    pending: [{ kind: 'record', value: 1, timestamp: 2 }, { kind: 'record', value: 3, timestamp: undefined }, { kind: 'watermark', timestamp: 4 }, { kind: 'idle' }],
  }
  expect(throughCheckpoint(source, [split])).toEqual([split])
})
