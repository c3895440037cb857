import { silentLogger, submit } from '@millrace/core'
import { describe, expect, test } from 'vitest'
import { SHUFFLE_NAMES } from './fixtures/shuffles-job.ts'

const RECORDS = 10_000
const LARGE_EVERY = 1000
const LARGE_LENGTH = 40_000
const BUFFER_BYTES = 16 * 1024
const lengthOf = (n: number): number => (n % LARGE_EVERY === 0 ? LARGE_LENGTH : `text ${n}`.length)
const LENGTH = Array.from({ length: RECORDS }, (_, index) => lengthOf(index + 1)).reduce((sum, length) => sum + length, 0)

const SHAPES = [
  { parallelism: 4, workers: 0 },
  { parallelism: 4, workers: 2 },
  { parallelism: 4, workers: 4 },
]

describe.for(SHUFFLE_NAMES)('%s', { timeout: 60_000 }, (shuffle) => {
  test.for(SHAPES.flatMap((shape) => [true, false].map((typed) => ({ ...shape, typed }))))('loses and doubles nothing at parallelism $parallelism in $workers workers, with a schema: $typed', async ({ typed, ...shape }) => {
    const client = await submit(new URL('fixtures/shuffles-job.ts', import.meta.url), {
      ...shape,
      logger: silentLogger,
      bufferBytes: BUFFER_BYTES,
      params: { shuffle, typed, records: RECORDS, largeEvery: LARGE_EVERY, largeLength: LARGE_LENGTH },
    })
    const { accumulators } = await client.done
    const copies = shuffle === 'broadcast' ? shape.parallelism : 1
    const value = (name: string): unknown => accumulators[name]?.value
    expect({ count: value('count'), sum: value('sum'), length: value('length') }).toEqual({ count: copies * RECORDS, sum: (copies * RECORDS * (RECORDS + 1)) / 2, length: copies * LENGTH })
    expect((value('subtasks') as readonly unknown[]).length).toBe(shuffle === 'global' ? 1 : shape.parallelism)
  })
})
