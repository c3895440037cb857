import type { CheckpointStorage, Sink, Source, StateBackend } from '@millrace/core/spi'
import type { ChaosRun, SnapshotMode } from '../chaos-run.ts'
import type { FailpointName } from '../faults/failpoints.ts'

/** A mistake the engine could make, as a wrapper around what it is given. The chaos suite must notice each. */
export interface PlantedBug {
  readonly name: string
  /** The job that shows it. */
  readonly job: string
  /** Default: full. */
  readonly snapshots?: SnapshotMode
  /** Where processes die, one after the other; the last one runs to the end. */
  readonly kills: readonly FailpointName[]
  /** Share of uploads that fail, for bugs in how an aborted checkpoint is treated. */
  readonly uploadFailures?: number
  readonly storage?: (storage: CheckpointStorage, run: ChaosRun) => CheckpointStorage
  readonly backend?: (backend: StateBackend) => StateBackend
  readonly source?: <T>(source: Source<T>) => Source<T>
  readonly sink?: <T>(sink: Sink<T>) => Sink<T>
}
