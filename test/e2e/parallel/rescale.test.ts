import { join } from 'node:path'
import type { JobClient } from '@millrace/core'
import { expect, test } from 'vitest'
import { chaosJobs } from '../../chaos/jobs/all-jobs.ts'
import { parallelRun } from './run-parallel.ts'

async function until(client: JobClient, condition: () => boolean): Promise<void> {
  while (!condition()) {
    expect(client.status().state).not.toBe('failed')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test.for(chaosJobs.map(({ name }) => name))('%s goes on from savepoints at parallelism 1, 4 and 2', { timeout: 90_000 }, async (job) => {
  await using run = await parallelRun(job, { recordsPerSecond: 1500, records: 6000 })
  const savepointDirectory = join(run.run.directory, 'savepoints')
  let from: string | undefined
  for (const shape of [{ parallelism: 1, workers: 2 }, { parallelism: 4, workers: 2 }]) {
    const client = await run.submit({ ...shape, ...(from === undefined ? {} : { from }) })
    await until(client, () => client.status().state === 'running' && client.status().recordsIn > 600)
    const result = await client.stop({ savepoint: savepointDirectory })
    expect(result.state).toBe('stopped')
    from = result.savepoint
  }
  const client = await run.submit({ parallelism: 2, workers: 2, ...(from === undefined ? {} : { from }) })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
  expect(await run.difference()).toBeUndefined()
})

test('a job goes on from a savepoint with and without threads for I/O', { timeout: 90_000 }, async () => {
  await using run = await parallelRun('tumbling', { recordsPerSecond: 1500, records: 5000, ioThread: true })
  const client = await run.submit({ parallelism: 2, workers: 2 })
  await until(client, () => client.status().state === 'running' && client.status().recordsIn > 600)
  const { savepoint = '' } = await client.stop({ savepoint: join(run.run.directory, 'savepoints') })
  await using chained = await parallelRun('tumbling', { ...run.run, ioThread: false })
  const second = await chained.submit({ parallelism: 1, from: savepoint })
  await until(second, () => second.status().state === 'running' && second.status().recordsIn > 600)
  const again = await second.stop({ savepoint: join(run.run.directory, 'savepoints') })
  const last = await run.submit({ parallelism: 1, from: again.savepoint ?? '' })
  expect(await last.done).toMatchObject({ state: 'finished', numRestarts: 0 })
  expect(await run.difference()).toBeUndefined()
})

test('a savepoint that is taken on the way leaves the job as it is', { timeout: 60_000 }, async () => {
  await using run = await parallelRun('tumbling', { recordsPerSecond: 1500, records: 4000 })
  const client = await run.submit({ parallelism: 4, workers: 2 })
  await until(client, () => client.status().recordsIn > 300)
  expect(await client.savepoint(join(run.run.directory, 'savepoints'))).toContain('savepoint-')
  expect(await client.done).toMatchObject({ state: 'finished' })
  expect(await run.difference()).toBeUndefined()
})
