import { describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { MillraceError } from '../../../src/errors.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { Committer, Sink } from '../../../src/spi/sink.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, end } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'

/** Refuses the first `failures` attempts to commit. */
function refusing<T>(sink: Sink<T>, failures: number, attempts: { count: number } = { count: 0 }): Sink<T> {
  let left = failures
  return {
    ...sink,
    async createCommitter(context) {
      const committer = (await sink.createCommitter?.(context)) as Committer<unknown>
      return {
        commit(committables: readonly never[]) {
          attempts.count++
          if (left-- > 0) throw new MillraceError('TEST_BUSY', 'the target is busy', { origin: 'external', retryable: true })
          return committer.commit(committables)
        },
      }
    },
  }
}
const job = (sink: Sink<number>, script: Script<number>) => (env: StreamExecutionEnvironment): void =>
  env.fromSource(scriptedSource<number>(script), undefined, { uid: 'numbers' }).sinkTo(sink, { uid: 'sink' })

describe('a commit that is refused for a while', () => {
  test('is tried again on the way', async () => {
    const sink = collectingSink<number>()
    const result = await runTestJob(job(refusing(sink, 3), [1, 2, checkpoint, 3, end]), { checkpoints: { interval: '10ms' } })
    expect(sink.values).toEqual([1, 2, 3])
    expect(result.numRestarts).toBe(0)
  })
  test('keeps the job from ending until it is done', async () => {
    const sink = collectingSink<number>()
    await runTestJob(job(refusing(sink, 3), [1, 2, end]), { checkpoints: { interval: '1h' } })
    expect(sink.values).toEqual([1, 2])
  })
  test('keeps a job without checkpoints from ending', async () => {
    const sink = collectingSink<number>()
    await runTestJob(job(refusing(sink, 3), [1, 2, end]))
    expect(sink.values).toEqual([1, 2])
  })
  test('is tried again when it comes from a checkpoint', async () => {
    const sink = collectingSink<number>()
    const checkpoints = { interval: '1h', storage: memoryCheckpointStorage() } as const
    await expect(runTestJob(job(refusing(sink, 100), [1, 2, end]), { checkpoints, restart: { kind: 'none' } })).rejects.toMatchObject({ code: 'CORE_COMMIT_FAILED' })
    expect(sink.values).toEqual([])
    await runTestJob(job(refusing(sink, 2), [1, 2, end]), { checkpoints, from: 'latest' })
    expect(sink.values).toEqual([1, 2])
  })
  test('does not keep a canceled job from ending', async () => {
    const sink = collectingSink<number>()
    const attempts = { count: 0 }
    const running = await testJob(job(refusing(sink, 100, attempts), [1, 2, end]), { turnMs: 0 })
    await running.until(() => attempts.count === 2)
    const before = running.clock.now()
    await running.cancel()
    expect(running.clock.now() - before).toBeLessThan(1000)
    expect(sink.values).toEqual([])
  })
})
