import { MillraceError } from '../../errors.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { MetricRegistry } from '../../metrics/metric-registry.ts'
import type { ExecutorId } from '../../runtime/protocol.ts'
import type { Logger } from '../../spi/logger.ts'
import { type ActiveTask, currentTask } from './activity-cell.ts'
import { stackOfWorker, type WorkerStack } from './stack-of-worker.ts'

/** How long reading a stack may take. */
const STACK_TIMEOUT_MS = 3_000

export interface StuckWorkersOptions {
  readonly graph: JobGraph
  readonly logger: Logger
  readonly metrics: MetricRegistry
  /** How long a worker may be silent. */
  readonly limitMs: number
  readonly action: 'warn' | 'restart'
}

/** A worker that has not been heard of. */
export interface SilentWorker {
  readonly executor: ExecutorId
  readonly threadId: number
  readonly activity: SharedArrayBuffer
  readonly silentMs: number
  terminate(reason: MillraceError): void
}

/** Says which function of the job does not return, and ends its worker if that is asked for. */
export interface StuckWorkers {
  readonly limitMs: number
  /** To be called once in each time of silence. */
  report(worker: SilentWorker): Promise<void>
}

export function createStuckWorkers({ graph, logger, metrics, limitMs, action }: StuckWorkersOptions): StuckWorkers {
  return {
    limitMs,
    async report(worker) {
      const task = currentTask(worker.activity)
      const stack = await stackOfWorker(worker.threadId, STACK_TIMEOUT_MS)
      const operator = operatorName(graph, task, stack)
      const fields = { worker: worker.executor, operator, ...(task === undefined ? {} : { subtask: task.subtask }), silentMs: worker.silentMs, stack: stack?.frames.join(' < ') ?? 'not obtainable' }
      if (task !== undefined) metrics.group({ job: graph.jobName, operator: vertexName(graph, task), subtask: String(task.subtask) }).counter('numStuckFunctions').value++
      logger.warn(fields, action === 'restart' ? 'a function does not return: its worker is ended and its region restarts' : 'a function does not return: everything else in its worker waits for it')
      if (action === 'restart') worker.terminate(stuckError(operator, task, limitMs, stack))
    },
  }
}

function stuckError(operator: string, task: ActiveTask | undefined, limitMs: number, stack: WorkerStack | undefined): MillraceError {
  const message = `A function of ${operator} did not return within ${limitMs} ms, so its worker was ended. It was at ${stack?.frames[0] ?? 'an unknown place'}. Split the work, use asyncMap for what waits, or raise stuckFunction.limit`
  return new MillraceError('CORE_FUNCTION_STUCK', message, { origin: 'user', retryable: true, at: { operator, ...(task === undefined ? {} : { subtask: task.subtask }) } })
}

function vertexName(graph: JobGraph, { vertexId }: ActiveTask): string {
  return graph.vertices[vertexId]?.name ?? 'unknown'
}

/** The operator if it is known, otherwise the whole chain. */
function operatorName(graph: JobGraph, task: ActiveTask | undefined, stack: WorkerStack | undefined): string {
  if (task === undefined) return 'code outside of the operators (a callback of I/O or of a timer)'
  const operator = stack?.operator === undefined ? undefined : graph.vertices[task.vertexId]?.operators[stack.operator]
  return operator?.node.name ?? vertexName(graph, task)
}
