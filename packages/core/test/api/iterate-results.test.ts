import { expect, test } from 'vitest'
import { createLocalEnvironment } from '../../src/api/local-environment.ts'
import { draftJob } from '../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import { defineSource } from '../../src/spi/define-source.ts'
import type { Source } from '../../src/spi/source.ts'

const options = { logger: silentLogger }

/** Counts for ever, and knows when it was closed. */
function endless() {
  const seen = { next: 0, closed: false }
  const source: Source<number> = defineSource<number, { readonly id: string }>({
    name: 'endless',
    bounded: false,
    discover: async () => [{ id: 'all' }],
    createReader: () => ({
      addSplits: () => {},
      snapshotSplits: () => [{ id: 'all' }],
      poll(output, maxRecords) {
        for (let count = 0; count < maxRecords; count++) output.collect(seen.next++)
        return 'more'
      },
      available: async () => {},
      close: () => void (seen.closed = true),
    }),
  })
  return { seen, source }
}

test('hands over every record of a bounded stream and ends', async () => {
  const results: number[] = []
  for await (const n of createLocalEnvironment().fromSequence(1, 5_000).executeAndIterate(options)) results.push(n)
  expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1))
})

test('stops the job when the loop breaks, and has not run far ahead of it', async () => {
  const { seen, source } = endless()
  const results: number[] = []
  for await (const n of createLocalEnvironment().fromSource(source).executeAndIterate(options)) {
    results.push(n)
    if (results.length === 10) {
      // the job would go on for ever if nothing held it back
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
      break
    }
  }
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(seen.closed).toBe(true)
  expect(seen.next).toBeLessThan(20_000)
})

test('throws what failed the job, after the records before', async () => {
  const stream = createLocalEnvironment()
    .fromData([1, 2, 3])
    .map((n) => {
      if (n === 3) throw new Error('three')
      return n
    })
  const results: number[] = []
  const loop = async (): Promise<void> => {
    for await (const n of stream.executeAndIterate(options)) results.push(n)
  }
  await expect(loop()).rejects.toMatchObject({ origin: 'user', message: expect.stringContaining('three') })
  expect(results).toEqual([1, 2])
})

test('stops by its signal too, and is for local environments only', async () => {
  const abort = new AbortController()
  let count = 0
  for await (const n of createLocalEnvironment().fromSource(endless().source).executeAndIterate({ ...options, signal: abort.signal })) {
    count = n
    if (n === 5) abort.abort()
  }
  expect(count).toBeGreaterThanOrEqual(5)
  const iterator = draftJob('test').env.fromSequence(1, 2).executeAndIterate()[Symbol.asyncIterator]()
  await expect(iterator.next()).rejects.toMatchObject({ code: 'CORE_NOT_EXECUTABLE' })
})
