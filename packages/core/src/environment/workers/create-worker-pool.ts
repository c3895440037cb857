import type { JobGraph } from '../../graph/job-graph.ts'
import { describePlan } from '../../graph/plan-hash.ts'
import type { SlotPlan } from '../../graph/slots.ts'
import type { StreamGraph } from '../../graph/stream-graph.ts'
import type { MetricRegistry } from '../../metrics/metric-registry.ts'
import { planOptions, type OptimizerOptions } from '../../optimizer/optimize.ts'
import type { ExecutorEvents, ExecutorPool } from '../../runtime/coordinator/executor-pool.ts'
import type { TaskSettings } from '../../runtime/task/task-environment.ts'
import type { Clock } from '../../runtime/time/clock.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricSample } from '../../spi/metric-reporter.ts'
import { durationMs } from '../../types/duration-ms.ts'
import type { RunOptions } from '../run-options.ts'
import { gatherMetrics } from './gathered-metrics.ts'
import type { JobAddress } from './job-address.ts'
import { createRemoteChannels, type RemoteChannels } from './remote-channels.ts'
import { createStuckWorkers } from './stuck-workers.ts'
import { takenFromConfig } from './worker-init.ts'
import { WorkerPool } from './worker-pool.ts'

/** Also how old the metrics of workers may be. */
const HEARTBEAT_INTERVAL_MS = 500

export interface WorkerPoolSettings {
  readonly stream: StreamGraph
  readonly graph: JobGraph
  readonly slots: SlotPlan
  readonly address: JobAddress
  readonly options: RunOptions
  readonly optimizer: OptimizerOptions
  readonly settings: TaskSettings
  readonly stuckLimitMs: number
  /** Of the file storage that checkpoints go to, if they go to one that was not configured as an object. */
  readonly storagePath: string | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: MetricRegistry
}

export interface CreatedWorkerPool {
  readonly create: (events: ExecutorEvents) => ExecutorPool
  /** For an executor in this thread that exchanges records with them. */
  readonly channels: RemoteChannels
  /** What the metrics of all workers read. */
  readonly collect: () => readonly MetricSample[]
}

/** Nothing is started yet. Throws CORE_WORKERS_NEED_CONFIG. */
export function createWorkerPool(pool: WorkerPoolSettings): CreatedWorkerPool {
  const { stream, graph, slots, address, options, optimizer, settings, clock, logger, metrics, storagePath } = pool
  const { stateBackend, storage } = takenFromConfig(options, address)
  const channels = createRemoteChannels(graph, settings.bufferBytes)
  // With one executor for all slots that one is this thread.
  const firstWorker = slots.slotExecutors > 1 ? 0 : slots.slotExecutors
  const gathered = gatherMetrics()
  const init = {
    job: { moduleUrl: address.moduleUrl, params: address.params, configUrl: address.config?.url },
    plan: describePlan(stream, planOptions(optimizer)),
    planHash: graph.planHash,
    optimizer,
    settings,
    stateBackend,
    storage: storage ?? (storagePath === undefined ? undefined : { path: storagePath }),
    heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
  }
  const create = (events: ExecutorEvents): ExecutorPool =>
    new WorkerPool(
      {
        executors: Array.from({ length: slots.executors - firstWorker }, (_, worker) => firstWorker + worker),
        init,
        heapLimitMb: options.workerHeapMb,
        startLimitMs: durationMs(options.workerStartTimeout ?? '1min'),
        ...{ clock, logger },
        metrics: gathered,
        channels,
        stuck: createStuckWorkers({ graph, logger, metrics, limitMs: pool.stuckLimitMs, action: options.stuckFunction?.action ?? 'warn' }),
      },
      events,
    )
  return { create, channels, collect: () => gathered.collect() }
}
