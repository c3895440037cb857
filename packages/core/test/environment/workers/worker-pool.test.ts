import { describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/environment/logger.ts'
import { systemClock } from '../../../src/environment/system-clock.ts'
import { gatherMetrics } from '../../../src/environment/workers/gathered-metrics.ts'
import type { ExecutorEvents } from '../../../src/runtime/coordinator/executor-pool.ts'
import { WorkerPool } from '../../../src/environment/workers/worker-pool.ts'

function poolOfOne(moduleUrl: string, events: ExecutorEvents, startLimitMs = 60_000): WorkerPool {
  return new WorkerPool(
    {
      executors: [0],
      init: {
        job: { moduleUrl, params: {}, configUrl: undefined },
        ...{ plan: null, planHash: '', optimizer: { parallelism: 1 }, stateBackend: undefined, storage: undefined, heartbeatIntervalMs: 100 },
        settings: { jobName: 'j', checkpointingEnabled: false, autoWatermarkIntervalMs: 200, bufferTimeoutMs: 100, bufferBytes: 1024, codeGeneration: true, workingDirectory: 'unused' },
      },
      heapLimitMb: undefined,
      startLimitMs,
      ...{ clock: systemClock, logger: silentLogger, metrics: gatherMetrics() },
      channels: { of: () => [] },
      stuck: { limitMs: 1_000, report: () => Promise.resolve() },
    },
    events,
  )
}

test('tasks that are deployed on a worker which is gone are lost, not waited for', async () => {
  const lost = Promise.withResolvers<unknown>()
  const pool = poolOfOne('file:///nowhere.ts', { received: () => {}, lost: (executor, error) => lost.resolve([executor, error.code, error.retryable]) })
  pool.send(0, { kind: 'close', taskIds: ['t'], failed: true })
  pool.send(0, { kind: 'deploy', attempt: 1, planHash: '', tasks: [], placement: [] })
  expect(await lost.promise).toEqual([0, 'CORE_WORKER_EXITED', true])
  await pool.close()
})

test('a worker that cannot start says why', { timeout: 30_000 }, async () => {
  const pool = poolOfOne('file:///nowhere/job.ts', { received: () => {}, lost: () => {} })
  await expect(pool.start()).rejects.toMatchObject({ code: 'CLI_IMPORT_FAILED', origin: 'user', message: expect.stringContaining('job.ts') as string })
  await pool.close()
})

describe('a worker that does not load the job in time', () => {
  const hanging = (how: string): string => {
    const url = new URL('fixtures/hanging-job.ts', import.meta.url)
    url.searchParams.set('how', how)
    return url.href
  }
  test('because of a loop is ended, and its place is named', { timeout: 30_000 }, async () => {
    const pool = poolOfOne(hanging('loop'), { received: () => {}, lost: () => {} }, 3_000)
    await expect(pool.start()).rejects.toMatchObject({
      ...{ code: 'CORE_WORKER_START_TIMEOUT', origin: 'user', retryable: false },
      message: expect.stringMatching(/within 3000 ms; it was at .*neverReturns .*hanging-job\.ts/) as string,
    })
    await pool.close()
  })
  test('because it awaits what never comes is ended', { timeout: 30_000 }, async () => {
    const pool = poolOfOne(hanging('await'), { received: () => {}, lost: () => {} }, 3_000)
    await expect(pool.start()).rejects.toMatchObject({ code: 'CORE_WORKER_START_TIMEOUT', message: expect.stringContaining('top-level await') as string })
    await pool.close()
  })
  test('does not keep the pool from being closed', { timeout: 30_000 }, async () => {
    const pool = poolOfOne(hanging('loop'), { received: () => {}, lost: () => {} })
    const started = pool.start()
    started.catch(() => {})
    await pool.close()
    await expect(started).rejects.toMatchObject({ code: 'CORE_WORKER_START' })
  })
})
