import { expect, it } from 'vitest'
import { defineSource } from '../../../src/spi/define-source.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { testJob } from '../../../src/testing/test-job.ts'
import type { Duration } from '../../../src/types/duration.ts'

const RECORDS = 100

/** How many of the records of a source that is always busy have reached the next task. */
async function arrived(bufferTimeout: Duration | undefined, ofJob: Duration): Promise<number> {
  let read = 0
  let polls = 0
  let seen = 0
  const busy = defineSource<number, { readonly id: string }>({
    name: 'busy',
    bounded: false,
    discover: async () => [{ id: 'only' }],
    createReader: () => ({
      addSplits: () => undefined,
      snapshotSplits: () => [],
      poll(output) {
        polls++
        if (read < RECORDS) output.collect(read++)
        return 'more'
      },
      available: () => Promise.resolve(),
    }),
  })
  const job = await testJob(
    (env) => {
      const numbers = env.fromSource(busy)
      const emitted = bufferTimeout === undefined ? numbers : numbers.setBufferTimeout(bufferTimeout)
      emitted.rebalance().map((n) => (seen++, n)).disableChaining().sinkTo(collectingSink<number>())
    },
    // a batch is full at 1024 rows, not at the few with which debloating begins
    { bufferTimeout: ofJob, bufferDebloatTarget: '0ms' },
  )
  await job.until(() => polls > 200 * RECORDS)
  await job.cancel()
  return seen
}

it('records wait in a batch that is not full for the timeout of their operator, else of the job', async () => {
  expect(await arrived('1h', '0ms')).toBe(0)
  expect(await arrived('0ms', '1h')).toBe(RECORDS)
  expect(await arrived(undefined, '1h')).toBe(0)
  expect(await arrived(undefined, '5ms')).toBe(RECORDS)
})
