import { describe, expect, test } from 'vitest'
import { chaosJobs } from '../../chaos/jobs/all-jobs.ts'
import { parallelRun } from './run-parallel.ts'

const SHAPES = [
  { parallelism: 1, workers: 0 },
  { parallelism: 2, workers: 0 },
  { parallelism: 4, workers: 0 },
  { parallelism: 7, workers: 0 },
  { parallelism: 2, workers: 2 },
  { parallelism: 4, workers: 2 },
  { parallelism: 7, workers: 3 },
]
const WITH_IO_THREADS = [{ parallelism: 1, workers: 0 }, { parallelism: 4, workers: 2 }]

describe.for(chaosJobs.map(({ name }) => name))('%s gives the same result', { timeout: 60_000 }, (job) => {
  test.for(SHAPES)('at parallelism $parallelism in $workers workers', async (shape) => {
    await using run = await parallelRun(job)
    const client = await run.submit(shape)
    expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
    expect(await run.difference()).toBeUndefined()
  })
  test.for(WITH_IO_THREADS)('at parallelism $parallelism in $workers workers beside threads for I/O', async (shape) => {
    await using run = await parallelRun(job, { ioThread: true })
    const client = await run.submit(shape)
    expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
    expect(await run.difference()).toBeUndefined()
  })
})
