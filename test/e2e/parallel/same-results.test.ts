import { describe, expect, test } from 'vitest'
import { checkpointDirectory } from '../../chaos/chaos-run.ts'
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

test('checkpoints that are not aligned give the same as long as nothing fails', { timeout: 60_000 }, async () => {
  await using run = await parallelRun('keyed-count', { recordsPerSecond: 3000 })
  const client = await run.submit({ parallelism: 4, workers: 2, checkpoints: { storage: checkpointDirectory(run.run), interval: '50ms', mode: 'atLeastOnce' } })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
  expect(client.metrics().find(({ name }) => name === 'numberOfCompletedCheckpoints')?.value).toBeGreaterThan(3)
  expect(await run.difference()).toBeUndefined()
})
