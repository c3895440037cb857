import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildGraph, validateParams } from '../../../src/api/build-graph.ts'
import { importJob } from '../../../src/environment/load-job.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { systemClock } from '../../../src/environment/system-clock.ts'
import { gatherMetrics } from '../../../src/environment/workers/gathered-metrics.ts'
import { createRemoteChannels, type RemoteChannels } from '../../../src/environment/workers/remote-channels.ts'
import { createStuckWorkers } from '../../../src/environment/workers/stuck-workers.ts'
import { WorkerPool } from '../../../src/environment/workers/worker-pool.ts'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import { describePlan } from '../../../src/graph/plan-hash.ts'
import { planSlots } from '../../../src/graph/slots.ts'
import { createMetricRegistry } from '../../../src/metrics/metric-registry.ts'
import { optimize, planOptions } from '../../../src/optimizer/optimize.ts'
import { JobCoordinator } from '../../../src/runtime/coordinator/job-coordinator.ts'

const URL_OF_JOB = new URL('fixtures/lanes-job.ts', import.meta.url)
/** Where frames lie in the memory of a channel: behind the headers of the channel and of its ring. */
const FIRST_FRAME = 320
const RECORDS = 200_000

test('a frame that is damaged between two threads restarts the job, and the result is exact', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-corrupt-'))
  const params = { out: join(folder, 'out'), records: RECORDS }
  const optimizer = { parallelism: 2 }
  const job = await importJob(URL_OF_JOB)
  const stream = buildGraph(job, validateParams(job, params))
  const graph = optimize(stream, optimizer)
  const slots = planSlots(graph, 2)
  const memories: SharedArrayBuffer[] = []
  const channels = watched(createRemoteChannels(graph, 64 * 1024), memories)
  const metrics = createMetricRegistry(() => {})
  const coordinator = new JobCoordinator({
    ...{ graph, slots, clock: systemClock, random: Math.random, logger: silentLogger, metrics: metrics.group({ job: 'lanes' }), fileSystems: createFileSystems([]) },
    checkpoints: undefined,
    restart: { kind: 'fixedDelay', attempts: 3, delayMs: 50 },
    from: undefined,
    allowDroppedState: [],
    createExecutors: (events) =>
      new WorkerPool(
        {
          executors: [0, 1],
          init: {
            job: { moduleUrl: URL_OF_JOB.href, params, configUrl: undefined },
            plan: describePlan(stream, planOptions(optimizer)),
            planHash: graph.planHash,
            optimizer,
            settings: { jobName: 'lanes', checkpointingEnabled: false, autoWatermarkIntervalMs: 200, bufferTimeoutMs: 100, bufferBytes: 64 * 1024, codeGeneration: true, workingDirectory: folder },
            stateBackend: undefined,
            storage: undefined,
            heartbeatIntervalMs: 100,
          },
          heapLimitMb: undefined,
          startLimitMs: 60_000,
          ...{ clock: systemClock, logger: silentLogger, metrics: gatherMetrics(), channels },
          stuck: createStuckWorkers({ graph, logger: silentLogger, metrics, limitMs: 30_000, action: 'warn' }),
        },
        events,
      ),
  })
  const ended = coordinator.run()
  const code = Promise.withResolvers<string>()
  const damage = setInterval(() => {
    if (coordinator.failure !== undefined) {
      clearInterval(damage)
      code.resolve(coordinator.failure.code)
    } else for (const memory of memories) new Uint8Array(memory, FIRST_FRAME, 32 * 1024).fill(0xa5)
  }, 1)
  try {
    expect(await code.promise).toBe('CORE_FRAME_CORRUPT')
    expect(await ended).toMatchObject({ state: 'finished' })
    expect(coordinator.numRestarts).toBe(1)
    // Without checkpoints what was written before the failure is written again; nothing is missing and nothing is invented.
    const numbers = new Set(readFileSync(params.out, 'utf8').trimEnd().split('\n').map((line) => Number(line.split(' ')[1])))
    expect(numbers.size).toBe(RECORDS)
  } finally {
    clearInterval(damage)
    rmSync(folder, { recursive: true })
  }
})

/** Keeps the memory of the channels of the first attempt. */
function watched(channels: RemoteChannels, memories: SharedArrayBuffer[]): RemoteChannels {
  return {
    of(executor, deployment) {
      const handles = channels.of(executor, deployment)
      if (deployment.attempt === 1) memories.push(...handles.map(({ memory }) => memory))
      return handles
    },
  }
}
