import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { testJob } from '../../../src/testing/test-job.ts'

const RECORD_BYTES = 1000
const BUFFER_BYTES = 20_000

/** Takes a batch, then holds its input back for a second. */
function slowSink(received: number[]): ReturnType<typeof defineSink<{ readonly n: number }>> {
  return defineSink<{ readonly n: number }>({
    name: 'slow',
    createWriter({ signal }) {
      let full: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
      let count = 0
      signal.addEventListener('abort', () => full?.resolve())
      return {
        write(value) {
          received.push(value.n)
          if (++count % 10 === 0) full ??= Promise.withResolvers()
        },
        ready() {
          const waiting = full
          if (waiting !== undefined) {
            setImmediate(() => {
              full = undefined
              waiting.resolve()
            })
          }
          return waiting?.promise
        },
        flush: () => undefined,
      }
    },
  })
}

/** An endless source that counts what it was asked for. */
test.each([1, 3])('a slow sink keeps what is under way bounded in bytes, parallelism %i', async (parallelism) => {
  let emitted = 0
  const received: number[] = []
  const build = (env: StreamExecutionEnvironment): void =>
    env
      .fromSequence(0, 1_000_000)
      .map((n) => {
        emitted++
        return { n, text: 'x'.repeat(RECORD_BYTES) }
      })
      .rebalance()
      .filter(() => true)
      .rebalance()
      .sinkTo(slowSink(received))
  const job = await testJob(build, { parallelism, bufferBytes: BUFFER_BYTES })
  let worst = 0
  await job.until(() => {
    worst = Math.max(worst, emitted - received.length)
    return received.length >= 20_000
  })
  await job.cancel()
  // Two hops of channels, each overdrawn by what one step emits, and what the writers gather: half a buffer per channel.
  const perHop = parallelism * parallelism * 1.5 * (BUFFER_BYTES / RECORD_BYTES)
  const perStep = 1024 * parallelism
  expect(worst).toBeLessThan(2 * (perHop + perStep))
})
