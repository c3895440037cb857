import type { Logger } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import type { Fault } from './fault.ts'
import { parallelRun } from './run-parallel.ts'

/** A busy machine starts workers slowly. */
const TIMEOUT_MS = 60_000
const PACED = { recordsPerSecond: 1500, records: 3000 }
const SHAPE = { parallelism: 4, workers: 2, workerHeapMb: 96, restart: { kind: 'fixedDelay', attempts: 3, delay: '100ms' }, stuckFunction: { limit: '3s', action: 'restart' } } as const

interface Line {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

function listeningLogger(lines: Line[]): Logger {
  const method: Logger['warn'] = (fields, message) => void lines.push({ message, fields })
  return { debug() {}, info() {}, warn: method, error: method }
}

const FATAL: readonly (Pick<Fault, 'kind' | 'point'> & { readonly code: string })[] = [
  { kind: 'exit', point: 'write', code: 'CORE_WORKER_EXITED' },
  { kind: 'exit', point: 'poll', code: 'CORE_WORKER_EXITED' },
  { kind: 'heap', point: 'write', code: 'CORE_WORKER_OUT_OF_MEMORY' },
  { kind: 'loop', point: 'write', code: 'CORE_FUNCTION_STUCK' },
  { kind: 'timer', point: 'write', code: 'CORE_WORKER_FAILED' },
]

test.for(FATAL)('a worker that ends by $kind in $point is replaced, and the result is exact', { timeout: TIMEOUT_MS }, async ({ kind, point, code }) => {
  await using run = await parallelRun('keyed-count', PACED)
  const lines: Line[] = []
  const client = await run.submit({ ...SHAPE, logger: listeningLogger(lines) }, { kind, point, call: 120 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(lines.map(({ fields }) => fields['code'])).toContain(code)
  expect(await run.difference()).toBeUndefined()
})

const CALLBACKS: readonly { readonly point: Fault['point']; readonly call: number }[] = [
  { point: 'createReader', call: 2 },
  { point: 'addSplits', call: 2 },
  { point: 'poll', call: 60 },
  { point: 'snapshotSplits', call: 3 },
  { point: 'createWriter', call: 2 },
  { point: 'write', call: 200 },
  { point: 'prepareCommit', call: 3 },
  { point: 'commit', call: 2 },
]

test.for(CALLBACKS)('what $point throws in a worker restarts the job, and the result is exact', { timeout: TIMEOUT_MS }, async ({ point, call }) => {
  await using run = await parallelRun('keyed-count', PACED)
  const client = await run.submit(SHAPE, { kind: 'throw', point, call })
  const startUp = point === 'createReader' || point === 'createWriter'
  if (startUp) await expect(client.done).rejects.toMatchObject({ message: expect.stringContaining('planted') as string })
  else {
    expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
    expect(await run.difference()).toBeUndefined()
  }
})

test('lanes in other workers go on while one is replaced', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('file-to-file', PACED)
  const lines: Line[] = []
  const client = await run.submit({ ...SHAPE, parallelism: 2, logger: listeningLogger(lines) }, { kind: 'exit', point: 'write', call: 200 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(lines.map(({ message }) => message).join('\n')).toContain('a region failed and restarts')
  expect(await run.difference()).toBeUndefined()
})

test('a function that takes long is named, and nothing else happens to it', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('keyed-count', PACED)
  const lines: Line[] = []
  const client = await run.submit({ ...SHAPE, stuckFunction: { limit: '1s' }, logger: listeningLogger(lines) }, { kind: 'spin', point: 'write', call: 120 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
  const stuck = lines.find(({ message }) => message.startsWith('a function does not return'))
  expect(stuck?.fields).toMatchObject({ operator: expect.stringContaining('file') as string, subtask: expect.any(Number) as number })
  expect(client.metrics().filter(({ name }) => name === 'numStuckFunctions')).toContainEqual(expect.objectContaining({ value: 1 }))
  expect(await run.difference()).toBeUndefined()
})

test('a job is canceled although a worker does not answer', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('keyed-count', PACED)
  const lines: Line[] = []
  const client = await run.submit({ ...SHAPE, stuckFunction: { limit: '1s' }, logger: listeningLogger(lines) }, { kind: 'loop', point: 'write', call: 120 })
  while (!lines.some(({ message }) => message.startsWith('a function does not return'))) await new Promise((resolve) => setTimeout(resolve, 50))
  await client.cancel()
  expect(client.status().state).toBe('canceled')
})
