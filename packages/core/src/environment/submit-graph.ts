import { tmpdir } from 'node:os'
import { createFileSystems } from '../file-system/file-systems.ts'
import { planSlots } from '../graph/slots.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { validateGraph } from '../graph/validate-graph.ts'
import { createMetricRegistry } from '../metrics/metric-registry.ts'
import { optimize } from '../optimizer/optimize.ts'
import { JobCoordinator } from '../runtime/coordinator/job-coordinator.ts'
import { TaskExecutor } from '../runtime/executor/task-executor.ts'
import { heapStateBackend } from '../runtime/state/heap/heap-state-backend.ts'
import type { TaskSettings } from '../runtime/task/task-environment.ts'
import type { Clock } from '../runtime/time/clock.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { JobClient } from './job-client.ts'
import { localExecutor } from './local-executor.ts'
import { createJobClient } from './local-job-client.ts'
import { createLineLogger } from './logger.ts'
import { checkpointSettings, checkpointStorage, requireRecoverable, restartPolicy, takesIncremental } from './resolve-run-options.ts'
import type { RunOptions } from './run-options.ts'
import { systemClock } from './system-clock.ts'

const DEFAULT_BUFFER_BYTES = 256 * 1024

/** What a test replaces to make a run repeatable. */
export interface Surroundings {
  readonly clock: Clock
  /** Returns [0, 1). */
  readonly random: () => number
}

/**
 * Starts a job from its graph, in this thread. The one place where coordinator and executor meet: each gets a function to
 * send the other messages, and nothing else.
 *
 * Rejects with what the optimizer finds wrong, CORE_UID_REQUIRED, CKPT_LEASE_HELD; what fails later rejects `done`.
 */
export async function submitGraph(graph: StreamGraph, options: RunOptions, surroundings: Surroundings = { clock: systemClock, random: Math.random }): Promise<JobClient> {
  const { clock, random } = surroundings
  const logger = options.logger ?? createLineLogger()
  const storage = checkpointStorage(options)
  requireRecoverable(graph, storage)
  for (const { message, ...where } of validateGraph(graph)) logger.warn({ job: graph.jobName, ...where }, message)
  const jobGraph = optimize(graph, {
    parallelism: options.parallelism ?? 1,
    ...(options.maxParallelism === undefined ? {} : { maxParallelism: options.maxParallelism }),
    ...(options.optimizer?.chaining === undefined ? {} : { chaining: options.optimizer.chaining }),
    ...(options.optimizer?.combiners === undefined ? {} : { combiners: options.optimizer.combiners }),
  })
  const registry = createMetricRegistry((name, labels, error) => logger.warn({ metric: name, ...labels, error: String(error) }, 'a gauge threw and reads NaN from now on'))
  const fileSystems = createFileSystems(options.fileSystems)
  const store = await storage?.open({ jobName: graph.jobName, fileSystems, logger, now: () => clock.now() })
  const stateBackend = options.stateBackend ?? heapStateBackend()
  const incremental = takesIncremental(options.checkpoints, stateBackend, store, logger)
  const settings: TaskSettings = {
    jobName: graph.jobName,
    checkpointingEnabled: store !== undefined,
    incrementalCheckpoints: incremental,
    autoWatermarkIntervalMs: durationMs(options.autoWatermarkInterval ?? '200ms'),
    bufferTimeoutMs: durationMs(options.bufferTimeout ?? '100ms'),
    bufferBytes: options.bufferBytes ?? DEFAULT_BUFFER_BYTES,
    codeGeneration: options.optimizer?.codeGeneration ?? true,
    workingDirectory: `${tmpdir()}/millrace-${process.pid}`,
  }
  const coordinator = new JobCoordinator({
    graph: jobGraph,
    clock,
    random,
    logger,
    metrics: registry.group({ job: graph.jobName }),
    fileSystems,
    checkpoints: store === undefined ? undefined : { settings: checkpointSettings(options.checkpoints ?? {}, incremental), store },
    restart: restartPolicy(options.restart, store !== undefined),
    from: options.from,
    allowDroppedState: options.allowDroppedState ?? [],
    slots: planSlots(jobGraph, 1),
    createExecutors: (events) =>
      localExecutor(events, (send) => new TaskExecutor({ graph: jobGraph, settings, clock, random, stateBackend, checkpointStore: store, fileSystems, logger, metrics: registry, send })),
  })
  return createJobClient({ jobGraph, coordinator, registry, store, clock, logger, options })
}
