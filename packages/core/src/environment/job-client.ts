import type { AccumulatorResults } from '../functions/accumulator.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { WatermarkStatus } from './watermark-status.ts'

export type JobState = 'created' | 'restoring' | 'running' | 'restarting' | 'stopping' | 'finished' | 'canceled' | 'stopped' | 'failed'

export interface VertexStatus {
  readonly id: number
  readonly name: string
  readonly parallelism: number
  /** What its first operator received, or read if it is a source. */
  readonly numRecordsIn: number
  /** What its last operator emitted, or wrote if it is a sink. */
  readonly numRecordsOut: number
  /** Lowest watermark over the subtasks; undefined before the first one. */
  readonly currentWatermark?: number
  readonly idle: boolean
  /** Share of the last second, 0…1, worst subtask. */
  readonly busyRatio: number
  readonly backPressuredRatio: number
  /** Only while what it reads from or writes to does not answer: for how long, worst subtask. Connectors say so by the gauge `unavailableMs`. */
  readonly unavailableMs?: number
}

export interface CheckpointStatus {
  readonly checkpointId: number
  readonly pointer: string
  readonly completedMs: number
  readonly durationMs: number
  readonly sizeBytes: number
}

export interface JobStatus {
  readonly jobName: string
  readonly state: JobState
  readonly startedMs: number
  readonly numRestarts: number
  /** Records emitted by sources and received by sinks. */
  readonly recordsIn: number
  readonly recordsOut: number
  readonly recordsRejected: number
  readonly recordsLate: number
  readonly watermark?: number
  readonly lastCheckpoint?: CheckpointStatus
  readonly failedCheckpoints: number
  readonly vertices: readonly VertexStatus[]
  /** The failure being recovered from, or the one that ended the job. */
  readonly failure?: { readonly code: string; readonly message: string }
}

export interface JobResult {
  readonly state: 'finished' | 'canceled' | 'stopped'
  readonly durationMs: number
  readonly recordsIn: number
  readonly recordsOut: number
  readonly recordsRejected: number
  readonly recordsLate: number
  readonly numRestarts: number
  /** What functions added to `context.accumulators`, by name. */
  readonly accumulators: AccumulatorResults
  /** Of stop with savepoint. */
  readonly savepoint?: string
}

/** A running job in the hands of whoever submitted it. Leaving an `await using` block cancels it. */
export interface JobClient extends AsyncDisposable {
  readonly jobName: string
  /** Settles when the job has ended and everything is closed: rejects with the MillraceError that failed it. */
  readonly done: Promise<JobResult>
  status(): JobStatus
  metrics(): readonly MetricSample[]
  /** What functions have added to `context.accumulators` so far, by name. */
  accumulators(): AccumulatorResults
  /** How far event time is in every split and on every edge, and what holds it back. */
  watermarks(): WatermarkStatus
  /** Takes a savepoint and goes on; returns its pointer. */
  savepoint(directory?: string): Promise<string>
  /** Ends gracefully: sources stop, a final savepoint is taken if a directory is given or configured, sinks commit. */
  stop(options?: { readonly savepoint?: string; readonly drain?: boolean }): Promise<JobResult>
  /** Ends at once; nothing further is committed. Resolves when everything is closed. */
  cancel(): Promise<void>
}
