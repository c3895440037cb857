import { existsSync, statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { USER_FUNCTIONS } from '../../chaos/jobs/chaos-job.ts'
import type { Fault } from './fault.ts'
import { listeningLogger, type ListeningLogger, RESTART_LIMIT_MS } from './listening-logger.ts'
import { parallelRun } from './run-parallel.ts'

/** A busy machine starts workers slowly. */
const TIMEOUT_MS = 60_000
const PACED = { recordsPerSecond: 1500, records: 3000 }
const SHAPE = { parallelism: 4, workers: 2, workerHeapMb: 96, restart: { kind: 'fixedDelay', attempts: 3, delay: '100ms' }, stuckFunction: { limit: '3s', action: 'restart' } } as const

/** Each of so many restarts was quick enough. */
function expectQuick(logger: ListeningLogger, restarts: number): void {
  const durations = logger.restartsMs()
  expect(durations).toHaveLength(restarts)
  expect(Math.max(...durations)).toBeLessThanOrEqual(RESTART_LIMIT_MS)
}

/** `noticedMs`: within which the engine can know of it. */
const FATAL: readonly (Pick<Fault, 'kind' | 'point'> & { readonly code: string; readonly noticedMs: number })[] = [
  { kind: 'exit', point: 'write', code: 'CORE_WORKER_EXITED', noticedMs: 0 },
  { kind: 'exit', point: 'poll', code: 'CORE_WORKER_EXITED', noticedMs: 0 },
  // filling the heap takes its time
  { kind: 'heap', point: 'write', code: 'CORE_WORKER_OUT_OF_MEMORY', noticedMs: 5_000 },
  { kind: 'loop', point: 'write', code: 'CORE_FUNCTION_STUCK', noticedMs: 3_000 },
  { kind: 'timer', point: 'write', code: 'CORE_WORKER_FAILED', noticedMs: 0 },
]

test.for(FATAL)('a worker that ends by $kind in $point is replaced, and the result is exact', { timeout: TIMEOUT_MS }, async ({ kind, point, code, noticedMs }) => {
  await using run = await parallelRun('keyed-count', PACED)
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, logger }, { kind, point, call: 120 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(logger.lines.map(({ fields }) => fields['code'])).toContain(code)
  expectQuick(logger, 1)
  const struckMs = statSync(run.markerOf(0)).mtimeMs
  expect((logger.lines.find(({ message }) => message === 'the job runs again')?.atMs ?? Number.NaN) - struckMs).toBeLessThanOrEqual(noticedMs + RESTART_LIMIT_MS)
  expect(await run.difference()).toBeUndefined()
})

const CALLBACKS: readonly { readonly point: Fault['point']; readonly call: number }[] = [
  { point: 'createReader', call: 2 },
  { point: 'addSplits', call: 2 },
  { point: 'poll', call: 60 },
  { point: 'snapshotSplits', call: 3 },
  { point: 'createWriter', call: 2 },
  { point: 'write', call: 200 },
  { point: 'flush', call: 3 },
  { point: 'prepareCommit', call: 3 },
  { point: 'commit', call: 2 },
]

test.for(CALLBACKS)('what $point throws in a worker restarts the job, and the result is exact', { timeout: TIMEOUT_MS }, async ({ point, call }) => {
  await using run = await parallelRun('keyed-count', PACED)
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, logger }, { kind: 'throw', point, call })
  const startUp = point === 'createReader' || point === 'createWriter'
  if (startUp) await expect(client.done).rejects.toMatchObject({ message: expect.stringContaining('planted') as string })
  else {
    expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
    expectQuick(logger, 1)
    expect(await run.difference()).toBeUndefined()
  }
})

test('what any function of the job throws in a worker restarts the job, and the result is exact', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('user-functions', { recordsPerSecond: 500, records: 8000 })
  const logger = listeningLogger()
  const faults = USER_FUNCTIONS.map((point, index) => ({ kind: 'outage', point, call: 10 * (index + 1) }) as const)
  const client = await run.submit({ ...SHAPE, restart: { ...SHAPE.restart, attempts: 30 }, logger }, ...faults)
  const { state, numRestarts } = await client.done
  expect(state).toBe('finished')
  expect(USER_FUNCTIONS.filter((_point, index) => !existsSync(run.markerOf(index)))).toEqual([])
  expectQuick(logger, numRestarts)
  expect(await run.difference()).toBeUndefined()
})

test('lanes in other workers go on while one is replaced', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('file-to-file', PACED)
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, parallelism: 2, logger }, { kind: 'exit', point: 'write', call: 200 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(logger.lines.map(({ message }) => message).join('\n')).toContain('a region failed and restarts')
  expectQuick(logger, 1)
  expect(await run.difference()).toBeUndefined()
})

const IO_FAULTS: readonly (Pick<Fault, 'kind' | 'point'> & { readonly code: string })[] = [
  { kind: 'exit', point: 'poll', code: 'CORE_WORKER_EXITED' },
  { kind: 'loop', point: 'write', code: 'CORE_FUNCTION_STUCK' },
]

test.for(IO_FAULTS)('a thread for I/O that ends by $kind in $point beside the only other thread is replaced, and the result is exact', { timeout: TIMEOUT_MS }, async ({ kind, point, code }) => {
  await using run = await parallelRun('keyed-count', { ...PACED, ioThread: true })
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, parallelism: 1, workers: 0, logger }, { kind, point, call: 120 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(logger.lines.map(({ fields }) => fields['code'])).toContain(code)
  expectQuick(logger, 1)
  expect(await run.difference()).toBeUndefined()
})

test('a function that takes long is named, and nothing else happens to it', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('keyed-count', PACED)
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, stuckFunction: { limit: '1s' }, logger }, { kind: 'spin', point: 'write', call: 120 })
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 0 })
  const stuck = logger.lines.find(({ message }) => message.startsWith('a function does not return'))
  expect(stuck?.fields).toMatchObject({ operator: expect.stringContaining('file') as string, subtask: expect.any(Number) as number, stack: expect.stringContaining('spin (') as string })
  expect(client.metrics().filter(({ name }) => name === 'numStuckFunctions')).toContainEqual(expect.objectContaining({ value: 1 }))
  expect(await run.difference()).toBeUndefined()
})

test('a job is canceled although a worker does not answer', { timeout: TIMEOUT_MS }, async () => {
  await using run = await parallelRun('keyed-count', PACED)
  const logger = listeningLogger()
  const client = await run.submit({ ...SHAPE, stuckFunction: { limit: '1s' }, logger }, { kind: 'loop', point: 'write', call: 120 })
  while (!logger.lines.some(({ message }) => message.startsWith('a function does not return'))) await new Promise((resolve) => setTimeout(resolve, 50))
  await client.cancel()
  expect(client.status().state).toBe('canceled')
})
