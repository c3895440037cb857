import type { JobVertex } from '../../graph/job-graph.ts'
import type { CheckpointStore } from '../../spi/checkpoint-storage.ts'
import type { FileSystems } from '../../spi/file-systems.ts'
import type { Logger } from '../../spi/logger.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import type { StateBackend } from '../../spi/state-backend.ts'
import type { InputChannel } from '../network/input-channel.ts'
import type { RecordWriter } from '../network/record-writer.ts'
import type { FromExecutor, TaskDeployment } from '../protocol.ts'
import type { Clock } from '../time/clock.ts'
import type { CachedFiles } from '../operators/cached-files.ts'

/** How tasks are run: the same for all tasks of a job. */
export interface TaskSettings {
  readonly jobName: string
  readonly checkpointingEnabled: boolean
  /** Undefined: checkpoints are only taken when asked for. */
  readonly checkpointIntervalMs?: number
  /** Barriers may ask for snapshots of what changed. Default: false. */
  readonly incrementalCheckpoints?: boolean
  readonly autoWatermarkIntervalMs: number
  readonly bufferTimeoutMs: number
  readonly bufferBytes: number
  /** How long records between two tasks should take to be processed. Undefined: buffers keep their size. */
  readonly bufferDebloatTargetMs?: number
  readonly codeGeneration: boolean
  readonly workingDirectory: string
}

/** Everything a task needs from whoever hosts it. */
export interface TaskEnvironment {
  readonly deployment: TaskDeployment
  readonly vertex: JobVertex
  readonly inputs: readonly InputChannel[]
  /** By edge id. */
  readonly writers: ReadonlyMap<number, RecordWriter>
  readonly settings: TaskSettings
  readonly clock: Clock
  readonly stateBackend: StateBackend
  readonly checkpointStore: CheckpointStore | undefined
  readonly fileSystems: FileSystems
  readonly cachedFiles: CachedFiles
  readonly logger: Logger
  /** Of this subtask as a whole. */
  readonly taskMetrics: MetricGroup
  operatorMetrics(name: string, uid: string): MetricGroup
  report(event: FromExecutor): void
  /** The task has something to do: schedule `step`. */
  wake(): void
}
