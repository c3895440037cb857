import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../../src/errors.ts'
import type { OperatorSpec } from '../../../src/graph/operator-spec.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import type { Sink } from '../../../src/spi/sink.ts'
import { createOperatorHarness, type HarnessOptions } from '../../../src/testing/operator-harness.ts'

/** A two-phase sink that notes what is done to it. */
function recording(failures: readonly unknown[] = []) {
  const log: string[] = []
  const committed: number[] = []
  const failing = [...failures]
  const sink = defineSink<number, readonly number[], { readonly open: readonly number[] }>({
    name: 'recording',
    createWriter(context, restored) {
      const buffer: number[] = restored.flatMap((state) => state.open)
      log.push(`open from ${context.firstCheckpointId} with ${buffer.join()}`)
      return {
        write(value) {
          if (value === 13) throw new MillraceError('X_BAD', 'unlucky', { origin: 'user' })
          if (value === 14) throw new Error('disk full')
          buffer.push(value)
        },
        flush: (endOfInput) => void log.push(endOfInput ? 'flush end' : 'flush'),
        prepareCommit: (id) => {
          log.push(`prepare ${id}`)
          return buffer.length === 0 ? [] : [buffer.splice(0)]
        },
        snapshotState: () => [{ open: [...buffer] }],
        close: () => void log.push('close'),
      }
    },
    createCommitter: () => ({
      async commit(committables) {
        if (failing.length > 0) {
          log.push('commit fails')
          throw failing.shift()
        }
        log.push(`commit ${committables.map((each) => each.join('+')).join()}`)
        committed.push(...committables.flat())
      },
      close: () => void log.push('close committer'),
    }),
  })
  return { sink, log, committed }
}

const open = (sink: Sink<number>, options: HarnessOptions = {}) => createOperatorHarness({ kind: 'sink', sink: sink as never } satisfies OperatorSpec, options)
const retryable = new MillraceError('X_BUSY', 'try again', { origin: 'external', retryable: true })

describe('sink operator', () => {
  it('commits what a checkpoint contains when it completes, together with everything older', async () => {
    const { sink, log } = recording()
    const harness = await open(sink)
    harness.element(1, 0)
    await harness.snapshot(1)
    harness.element(2, 0)
    await harness.snapshot(2)
    harness.operator.notifyCheckpointAborted?.(1)
    harness.element(3, 0)
    await harness.complete(2)
    expect(log).toEqual(['open from 1 with ', 'flush', 'prepare 1', 'flush', 'prepare 2', 'commit 1,2'])
    await harness.complete(2)
    await harness.snapshot(3)
    await harness.complete(3)
    expect(log.slice(6)).toEqual(['flush', 'prepare 3', 'commit 3'])
    await harness.close()
    expect(log.slice(9)).toEqual(['close', 'close committer'])
  })

  it('commits the committables of a restored checkpoint again, before the writer opens', async () => {
    const first = recording()
    const before = await open(first.sink)
    before.element(1, 0)
    const snapshot = await before.snapshot(7)
    before.element(2, 0)
    await before.close(true)
    expect(first.committed).toEqual([])
    const second = recording()
    const harness = await open(second.sink, { restore: [snapshot] })
    expect(second.log).toEqual(['commit 1', 'open from 8 with '])
    const again = await harness.snapshot(8)
    const third = recording()
    await (await open(third.sink, { restore: [again] })).close()
    expect(third.committed).toEqual([])
    await harness.close()
  })

  it('gives writer states and committables to whoever restores them, also fewer or more subtasks', async () => {
    const sinks = [recording(), recording()]
    const harnesses = await Promise.all(sinks.map(({ sink }, subtaskIndex) => open(sink, { parallelism: 2, subtaskIndex })))
    harnesses.forEach((harness, index) => harness.element(index + 1, 0))
    const restore = await Promise.all(harnesses.map((harness) => harness.snapshot(1)))
    const one = recording()
    await (await open(one.sink, { restore })).close()
    expect([...one.committed].sort()).toEqual([1, 2])
    for (const harness of harnesses) await harness.close()
  })

  it('at the end of input flushes; the last committables ride with the final checkpoint', async () => {
    const { sink, log } = recording()
    const harness = await open(sink)
    harness.element(1, 0)
    await harness.finish()
    expect(log.slice(1)).toEqual(['flush end'])
    await harness.snapshot(5)
    await harness.complete(5)
    expect(log.slice(2)).toEqual(['prepare 5', 'commit 1'])
    await harness.close()
  })

  it('commits at the end of input when the job takes no checkpoints', async () => {
    const { sink, log } = recording()
    const harness = await open(sink, { checkpointingEnabled: false })
    harness.element(1, 0)
    await harness.finish()
    expect(log.slice(1)).toEqual(['flush end', 'prepare 1', 'commit 1'])
    await harness.close()
  })

  it('names the sink when its own code fails outside of write', async () => {
    const failing = (part: string, methods: object): Promise<unknown> =>
      open(defineSink({ name: 'own', createWriter: () => ({ write: () => undefined, flush: () => undefined, ...methods }) })).then(async (harness) => {
        await expect(harness.snapshot(1)).rejects.toMatchObject({ code: 'CORE_SINK_WRITE', origin: 'external', message: `sink "sink" (own) could not ${part}: gone` })
        await harness.close(true)
      })
    const gone = (): never => {
      throw new Error('gone')
    }
    await failing('flush', { flush: gone })
    await failing('prepare a commit', { prepareCommit: gone })
    await failing('give its state', { snapshotState: async () => gone() })
    await expect(open(defineSink({ name: 'own', createWriter: gone }))).rejects.toMatchObject({ code: 'CORE_SINK_WRITE', message: 'sink "sink" (own) could not open its writer: gone' })
  })

  it('refuses a writer whose records nobody would wait for, and committables that nobody would commit', async () => {
    const writer = { write: async () => Promise.resolve(), flush: () => undefined } // as the compiler lets it pass
    await expect(open(defineSink<number>({ name: 'own', createWriter: () => writer }))).rejects.toMatchObject({ code: 'CORE_ASYNC_FUNCTION', message: expect.stringContaining('expected write of operator') as string })
    const harness = await open(defineSink<number, string>({ name: 'own', createWriter: () => ({ write: () => undefined, flush: () => undefined, prepareCommit: () => ['batch'] }) }))
    await expect(harness.snapshot(1)).rejects.toMatchObject({ code: 'CORE_NO_COMMITTER', origin: 'user' })
    await harness.close(true)
  })

  it('tries retryable commits again with growing delays, and holds the task until then', async () => {
    const { sink, log, committed } = recording([retryable, retryable])
    const harness = await open(sink)
    harness.element(1, 0)
    await harness.snapshot(1)
    await harness.complete(1)
    expect(log.slice(-3)).toEqual(['commit fails', 'commit fails', 'commit 1'])
    expect(harness.context.now()).toBe(300)
    expect(committed).toEqual([1])
    expect(harness.warnings).toHaveLength(2)
    await harness.close()
  })

  it('gives up after ten attempts, and at once when another attempt is pointless', async () => {
    for (const [failures, attempts] of [[Array.from({ length: 20 }, () => retryable), 10], [[new Error('gone')], 1]] as const) {
      const { sink, log } = recording(failures)
      const harness = await open(sink)
      harness.element(1, 0)
      await harness.snapshot(1)
      await expect(harness.complete(1)).rejects.toMatchObject({ code: 'CORE_COMMIT_FAILED', at: { operator: 'sink' } })
      expect(log.filter((line) => line === 'commit fails')).toHaveLength(attempts)
      await harness.close(true)
    }
  })

  it('skips records the policy allows to skip, and never failures of the sink itself', async () => {
    const { sink } = recording()
    const harness = await open(sink, { onError: 'skip' })
    harness.element(13, 0)
    expect(harness.counter('numRecordsRejected')).toBe(1)
    expect(() => harness.element(14, 0)).toThrow(expect.objectContaining({ code: 'CORE_SINK_WRITE', origin: 'external', message: expect.stringContaining('disk full') }))
    await harness.close(true)
  })

  it('asks the writer for back-pressure and tells it the watermark', async () => {
    const marks: number[] = []
    let seen: (() => number) | undefined
    const busy = Promise.resolve()
    const sink = defineSink<number>({
      name: 'plain',
      createWriter(context) {
        seen = () => context.currentWatermark()
        return { write() {}, flush() {}, ready: () => busy, writeWatermark: (timestamp) => void marks.push(timestamp) }
      },
    })
    const harness = await open(sink)
    expect(harness.operator.ready?.()).toBe(busy)
    harness.watermark(5)
    expect([marks, seen?.(), harness.watermarks()]).toEqual([[5], 5, [5]])
    await harness.snapshot(1)
    await harness.complete(1)
    await harness.close()
  })
})
