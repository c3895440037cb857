import { expect, test } from 'vitest'
import { parallelRun } from './run-parallel.ts'

const config = new URL('fixtures/leveldb-config.ts', import.meta.url)

test('a state backend of the configuration module is opened in every worker, and restored after one was lost', { timeout: 60_000 }, async () => {
  await using run = await parallelRun('keyed-count', { recordsPerSecond: 1500, records: 3000 })
  const client = await run.submit({ config, restart: { kind: 'fixedDelay', attempts: 3, delay: '100ms' } }, { kind: 'exit', point: 'write', call: 200 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(await run.difference()).toBeUndefined()
})
