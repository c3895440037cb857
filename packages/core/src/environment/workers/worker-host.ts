import { buildGraph, validateParams } from '../../api/build-graph.ts'
import { MillraceError } from '../../errors.ts'
import { createFileSystems } from '../../file-system/file-systems.ts'
import { diffPlans } from '../../graph/diff-plans.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import { describePlan } from '../../graph/plan-hash.ts'
import { createMetricRegistry } from '../../metrics/metric-registry.ts'
import { optimize, planOptions } from '../../optimizer/optimize.ts'
import { fileCheckpointStorage } from '../../runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { TaskExecutor } from '../../runtime/executor/task-executor.ts'
import type { RemoteChannelHandle } from '../../runtime/network/remote-channel.ts'
import type { FromExecutor, ToExecutor } from '../../runtime/protocol.ts'
import { heapStateBackend } from '../../runtime/state/heap/heap-state-backend.ts'
import type { CheckpointStorage } from '../../spi/checkpoint-storage.ts'
import type { MillraceConfig } from '../define-config.ts'
import { importConfig } from '../load-config.ts'
import { importJob } from '../load-job.ts'
import { systemClock } from '../system-clock.ts'
import { activityWatch } from './activity-cell.ts'
import { forwardingLogger } from './forwarding-logger.ts'
import type { WorkerInit } from './worker-init.ts'

/** The executor of a worker thread and what belongs to it. */
export interface WorkerHost {
  receive(message: ToExecutor, channels: readonly RemoteChannelHandle[]): void
  /** Ends the heartbeats; tasks are closed by messages. */
  stop(): void
}

/**
 * Imports the job, builds it again, and opens what its tasks need in this thread. Rejects with what the modules throw, and
 * with CORE_PLAN_MISMATCH for a builder that gives another plan here.
 */
export async function createWorkerHost(init: WorkerInit, send: (message: FromExecutor) => void): Promise<WorkerHost> {
  const config: MillraceConfig = init.job.configUrl === undefined ? {} : await importConfig(new URL(init.job.configUrl))
  const graph = await rebuildGraph(init)
  const logger = forwardingLogger(send)
  const fileSystems = createFileSystems(config.fileSystems)
  const storage = storageOf(init, config)
  const metrics = createMetricRegistry((name, labels, error) => logger.warn({ metric: name, ...labels, error: String(error) }, 'a gauge threw and reads NaN from now on'))
  const heartbeat = (): void => send({ kind: 'heartbeat', samples: metrics.collect() })
  const executor = new TaskExecutor({
    graph,
    settings: init.settings,
    clock: systemClock,
    random: Math.random,
    stateBackend: init.stateBackend === 'config' ? (config.stateBackend ?? heapStateBackend()) : heapStateBackend(),
    checkpointStore: await storage?.open({ jobName: graph.jobName, fileSystems, logger, now: () => systemClock.now() }),
    fileSystems,
    logger,
    metrics,
    watch: activityWatch(init.activity),
    send(message) {
      // Before the job ends its counts must be complete.
      if (message.kind === 'closed' && executor.isEmpty) heartbeat()
      send(message)
    },
  })
  const stop = every(init.heartbeatIntervalMs, heartbeat)
  return { receive: (message, channels) => executor.receive(message, channels), stop }
}

async function rebuildGraph({ job, plan, planHash, optimizer }: WorkerInit): Promise<JobGraph> {
  const definition = await importJob(new URL(job.moduleUrl))
  const stream = buildGraph(definition, validateParams(definition, job.params))
  const graph = optimize(stream, optimizer)
  if (graph.planHash === planHash) return graph
  const lines = diffPlans(plan, describePlan(stream, planOptions(optimizer))).map((line) => `\n  ${line}`)
  const message = `The builder of job '${stream.jobName}' gave another plan in a worker thread than on the coordinator: it must depend on nothing but its parameters, not on time, randomness, the environment or the thread it runs in:${lines.join('')}`
  throw new MillraceError('CORE_PLAN_MISMATCH', message, { origin: 'user' })
}

function storageOf({ storage }: WorkerInit, config: MillraceConfig): CheckpointStorage | undefined {
  if (storage !== 'config') return storage === undefined ? undefined : fileCheckpointStorage(storage.path)
  const configured = config.checkpoints?.storage
  return typeof configured === 'string' ? fileCheckpointStorage(configured) : configured
}

function every(intervalMs: number, action: () => void): () => void {
  let cancel = systemClock.schedule(intervalMs, fire)
  function fire(): void {
    cancel = systemClock.schedule(intervalMs, fire)
    action()
  }
  return () => cancel()
}
