import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { checkpoint, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

/** A sink all of whose methods take their time; it notes which were called while another was still at work. */
function slowSink(overlaps: string[]): ReturnType<typeof defineSink<number, number>> {
  return defineSink<number, number>({
    name: 'slow',
    createWriter() {
      const running: string[] = []
      const slowly = async <R>(method: string, result: R): Promise<R> => {
        for (const other of running) overlaps.push(`${method} during ${other}`)
        running.push(method)
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
        running.splice(running.indexOf(method), 1)
        return result
      }
      return {
        write: () => undefined,
        ready: () => slowly('ready', undefined),
        flush: () => slowly('flush', undefined),
        prepareCommit: () => slowly('prepareCommit', [1]),
        snapshotState: () => slowly('snapshotState', []),
      }
    },
    createCommitter: () => ({ commit: () => undefined }),
  })
}

test('the methods of a sink writer are never called concurrently', async () => {
  const overlaps: string[] = []
  const build = (env: StreamExecutionEnvironment): void =>
    env.fromSource(scriptedSource<number>([1, 2, checkpoint, 3, checkpoint, 4, end]), undefined, { uid: 'numbers' }).sinkTo(slowSink(overlaps), { uid: 'sink' })
  await runTestJob(build, { checkpoints: { interval: '10ms' } })
  expect(overlaps).toEqual([])
})
