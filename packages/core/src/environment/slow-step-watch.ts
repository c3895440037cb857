import type { JobGraph } from '../graph/job-graph.ts'
import type { MetricRegistry } from '../metrics/metric-registry.ts'
import type { StepWatch } from '../runtime/executor/step-watch.ts'
import type { Logger } from '../spi/logger.ts'

/** Without workers nobody else can look while a function runs: it is reported when it has returned. */
export function slowStepWatch(graph: JobGraph, limitMs: number, metrics: MetricRegistry, logger: Logger): StepWatch {
  return {
    began() {},
    ended({ vertexId, subtaskIndex }, durationMs) {
      if (durationMs < limitMs) return
      const operator = graph.vertices[vertexId]?.name ?? 'unknown'
      metrics.group({ job: graph.jobName, operator, subtask: String(subtaskIndex) }).counter('numStuckFunctions').value++
      logger.warn({ operator, subtask: subtaskIndex, durationMs }, 'a function did not return for a long time: meanwhile nothing else of this thread ran, checkpoints and signals included')
    },
  }
}
