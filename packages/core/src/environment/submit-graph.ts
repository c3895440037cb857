import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '../errors.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import { planSlots, type SlotPlan } from '../graph/slots.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { validateGraph } from '../graph/validate-graph.ts'
import { createMetricRegistry } from '../metrics/metric-registry.ts'
import { optimize, type OptimizerOptions } from '../optimizer/optimize.ts'
import { fileCheckpointStorage } from '../runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { JobCoordinator } from '../runtime/coordinator/job-coordinator.ts'
import { TaskExecutor } from '../runtime/executor/task-executor.ts'
import { heapStateBackend } from '../runtime/state/heap/heap-state-backend.ts'
import type { TaskSettings } from '../runtime/task/task-environment.ts'
import type { Clock } from '../runtime/time/clock.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { JobClient } from './job-client.ts'
import { besideWorkers, localExecutor } from './local-executor.ts'
import { createJobClient } from './local-job-client.ts'
import { createLineLogger } from './logger.ts'
import { checkpointPath, checkpointSettings, checkpointStorage, requireRecoverable, restartPolicy, restoresOnly, takesIncremental } from './resolve-run-options.ts'
import type { RunOptions } from './run-options.ts'
import { slowStepWatch } from './slow-step-watch.ts'
import { systemClock } from './system-clock.ts'
import type { JobAddress } from './workers/job-address.ts'
import { takenFromConfig } from './workers/worker-init.ts'
import { openWorkingDirectory } from './working-directory.ts'

const DEFAULT_BUFFER_BYTES = 256 * 1024
const DEFAULT_STUCK_LIMIT = '10s'

/** What a test replaces to make a run repeatable. */
export interface Surroundings {
  readonly clock: Clock
  /** Returns [0, 1). */
  readonly random: () => number
}

/**
 * Starts a job from its graph: in this thread, or with `options.workers` in worker threads, which find it at `address`. The
 * one place where coordinator and executors meet: each gets a function to send the other messages, and nothing else.
 *
 * Rejects with what the optimizer finds wrong, CORE_UID_REQUIRED, CKPT_LEASE_HELD, CORE_WORKERS_NEED_URL and
 * CORE_WORKERS_NEED_CONFIG; what fails later rejects `done`.
 */
export async function submitGraph(
  graph: StreamGraph,
  options: RunOptions,
  { clock, random }: Surroundings = { clock: systemClock, random: Math.random },
  address?: JobAddress,
): Promise<JobClient> {
  const logger = options.logger ?? createLineLogger()
  const optimizer: OptimizerOptions = {
    parallelism: options.parallelism ?? 1,
    ...(options.maxParallelism === undefined ? {} : { maxParallelism: options.maxParallelism }),
    ...(options.optimizer?.chaining === undefined ? {} : { chaining: options.optimizer.chaining }),
    ...(options.optimizer?.combiners === undefined ? {} : { combiners: options.optimizer.combiners }),
  }
  for (const { message, ...where } of validateGraph(graph)) logger.warn({ job: graph.jobName, ...where }, message)
  const jobGraph = optimize(graph, optimizer)
  const slots = planSlots(jobGraph, options.workers ?? 0, options.ioThreads)
  if (address === undefined) requireOneThread(jobGraph, slots, options.workers ?? 0)
  const inWorkers = slots.executors > 1
  if (inWorkers && address !== undefined) takenFromConfig(options, address) // before anything is opened
  // Threads share no memory that a checkpoint could be kept in.
  const temporary = inWorkers && checkpointStorage(options)?.durable === false && options.checkpoints?.storage === undefined ? join(tmpdir(), `millrace-checkpoints-${randomUUID()}`) : undefined
  const storage = temporary === undefined ? checkpointStorage(options) : fileCheckpointStorage(temporary)
  if (temporary === undefined) requireRecoverable(graph, storage)
  const registry = createMetricRegistry((name, labels, error) => logger.warn({ metric: name, ...labels, error: String(error) }, 'a gauge threw and reads NaN from now on'))
  const fileSystems = createFileSystems(options.fileSystems)
  const store = await storage?.open({ jobName: graph.jobName, fileSystems, logger, now: () => clock.now() })
  const stateBackend = options.stateBackend ?? heapStateBackend()
  const takesCheckpoints = store !== undefined && !restoresOnly(options)
  const incremental = takesIncremental(options.checkpoints, stateBackend, store, logger)
  const workingDirectory = await openWorkingDirectory(logger)
  const bufferDebloatTargetMs = durationMs(options.bufferDebloatTarget ?? '1s')
  const settings: TaskSettings = {
    jobName: graph.jobName,
    checkpointingEnabled: takesCheckpoints,
    ...(store === undefined || options.checkpoints?.interval === undefined ? {} : { checkpointIntervalMs: durationMs(options.checkpoints.interval) }),
    incrementalCheckpoints: incremental,
    autoWatermarkIntervalMs: durationMs(options.autoWatermarkInterval ?? '200ms'),
    bufferTimeoutMs: durationMs(options.bufferTimeout ?? '100ms'),
    bufferBytes: options.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    ...(bufferDebloatTargetMs === 0 ? {} : { bufferDebloatTargetMs }),
    codeGeneration: options.optimizer?.codeGeneration ?? true,
    workingDirectory: workingDirectory.path,
  }
  const stuckLimitMs = durationMs(options.stuckFunction?.limit ?? DEFAULT_STUCK_LIMIT)
  const watch = slowStepWatch(jobGraph, stuckLimitMs, registry, logger)
  const workers =
    address !== undefined && inWorkers
      ? (await import('./workers/create-worker-pool.ts')).createWorkerPool({
          ...{ stream: graph, graph: jobGraph, slots, address, options, optimizer, settings, stuckLimitMs, clock, logger, metrics: registry },
          storagePath: temporary ?? checkpointPath(options),
        })
      : undefined
  const coordinator = new JobCoordinator({
    graph: jobGraph,
    clock,
    random,
    logger,
    metrics: registry.group({ job: graph.jobName }),
    fileSystems,
    checkpoints: takesCheckpoints ? { settings: checkpointSettings(options.checkpoints ?? {}, incremental), store } : undefined,
    restoreStore: store,
    restart: restartPolicy(options.restart, takesCheckpoints),
    from: options.from,
    allowDroppedState: options.allowDroppedState ?? [],
    slots,
    createExecutors(events) {
      if (workers !== undefined && slots.slotExecutors > 1) return workers.create(events)
      const local = localExecutor(
        events,
        (send) => new TaskExecutor({ graph: jobGraph, settings, clock, random, stateBackend, checkpointStore: store, fileSystems, logger, metrics: registry, watch, send }),
        workers?.channels,
      )
      return workers === undefined ? local : besideWorkers(local, workers.create(events))
    },
  })
  return createJobClient({
    ...{ jobGraph, coordinator, store, clock, logger, options },
    metrics: () => [...registry.collect(), ...(workers?.collect() ?? [])],
    removeTemporary: async () => {
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
      await workingDirectory.remove()
    },
  })
}

/** Throws CORE_WORKERS_NEED_URL for a job that no thread but this one can build, and that asks for more. */
function requireOneThread(graph: JobGraph, { executors }: SlotPlan, workers: number): void {
  if (workers <= 1 && executors === 1) return
  const apart = graph.vertices.find(({ ioThread }) => ioThread === true)
  const [asked, leaveOut] = workers > 1 || apart === undefined ? [`${workers} workers were asked for`, 'leave workers out'] : [`a thread for I/O was asked for by ${apart.name}`, 'set ioThreads: false']
  const message = `${asked}, but other threads can only run a job that they can import. Submit the URL of its module instead, submit(new URL('./job.ts', import.meta.url), { … }), or ${leaveOut}`
  throw new MillraceError('CORE_WORKERS_NEED_URL', message, { origin: 'user' })
}
