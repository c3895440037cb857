import { expect, test } from 'vitest'
import { MillraceError } from '../../../src/errors.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import type { Sink } from '../../../src/spi/sink.ts'
import { checkpoint, end } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

/** A sink whose committer is out of reach for its first `failures` calls. */
function busySink(failures: number, committed: number[]): Sink<number> {
  let left = failures
  return defineSink<number, number>({
    name: 'busy',
    createWriter() {
      let written: number[] = []
      return {
        write: (value) => void written.push(value),
        flush() {},
        prepareCommit() {
          const committables = written
          written = []
          return committables
        },
      }
    },
    createCommitter: () => ({
      commit(committables) {
        if (left-- > 0) throw new MillraceError('TEST_BUSY', 'try again', { origin: 'external', retryable: true })
        committed.push(...committables)
      },
    }),
  })
}

test('a commit is tried again while its task waits, and the job goes on', async () => {
  const committed: number[] = []
  const result = await runTestJob((env) => env.fromSource(scriptedSource<number>([1, checkpoint, 2, end])).sinkTo(busySink(3, committed)), {
    checkpoints: { interval: '10ms' },
  })
  expect(result).toMatchObject({ state: 'finished', numRestarts: 0 })
  expect(committed).toEqual([1, 2])
})
