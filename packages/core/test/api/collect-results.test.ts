import { expect, test } from 'vitest'
import { draftJob } from '../../src/api/stream-execution-environment.ts'
import type { Sink, SinkWriter } from '../../src/spi/sink.ts'
import type { StreamGraph } from '../../src/graph/stream-graph.ts'

/** Runs a graph of a source and a sink by driving the sink as the runtime would. */
async function driveSink(graph: StreamGraph, drive: (sink: Sink<number>) => Promise<void>): Promise<void> {
  const operator = graph.nodes.at(-1)?.operator
  if (operator?.kind !== 'sink') throw new Error('expected a sink at the end')
  await drive(operator.sink as Sink<number>)
}

const write = async (sink: Sink<number>, ...values: readonly number[]): Promise<{ readonly writer: SinkWriter<number>; readonly committables: readonly never[] }> => {
  const writer = await sink.createWriter({} as never, [])
  for (const value of values) writer.write(value, 0)
  await writer.flush(false)
  return { writer, committables: (await writer.prepareCommit?.(1)) as readonly never[] }
}

test('returns what was committed, once, and nothing of failed attempts', async () => {
  const { env } = draftJob('test', (graph) =>
    driveSink(graph, async (sink) => {
      const first = await write(sink, 1, 2)
      const failed = await write(sink, 3)
      const committer = await sink.createCommitter?.({} as never)
      await committer?.commit(first.committables)
      await committer?.commit(first.committables)
      expect(failed.committables).toHaveLength(1)
      const retried = await write(sink, 3, 4)
      await committer?.commit(retried.committables)
    }),
  )
  expect(await env.fromSequence(1, 4).executeAndCollect()).toEqual([1, 2, 3, 4])
})

test('rejects in the environment of a job', async () => {
  await expect(draftJob('test').env.fromSequence(1, 2).executeAndCollect()).rejects.toMatchObject({ code: 'CORE_NOT_EXECUTABLE' })
})

test('passes the failure of the job on', async () => {
  const { env } = draftJob('test', () => Promise.reject(new Error('failed')))
  await expect(env.fromSequence(1, 2).executeAndCollect()).rejects.toThrow('failed')
})
