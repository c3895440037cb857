import type { SinkWriterContext } from '@millrace/core/spi'
import { createFileSystems } from '@millrace/core/testing'
import { silentLogger } from './silent-logger.ts'

/** What the runtime would give one subtask. */
export function sinkContext(subtaskIndex: number, parallelism: number, firstCheckpointId: number): SinkWriterContext {
  const metrics: SinkWriterContext['metrics'] = { counter: () => ({ value: 0 }), gauge() {}, group: () => metrics }
  return {
    subtaskIndex,
    parallelism,
    jobName: 'test',
    firstCheckpointId,
    signal: new AbortController().signal,
    fileSystems: createFileSystems(),
    logger: silentLogger,
    metrics,
    now: () => Date.now(),
    currentWatermark: () => Number.MIN_SAFE_INTEGER,
  }
}
