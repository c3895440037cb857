import type { CompletedCheckpoint } from '../../spi/checkpoint-storage.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'
import type { Barrier } from '../checkpoint/barrier.ts'

export interface CheckpointSummary {
  readonly checkpointId: number
  readonly pointer: string
  readonly completedMs: number
  readonly durationMs: number
  readonly sizeBytes: number
}

/** Counts the checkpoints of a job over all its attempts, under Flink's metric names. */
export class CheckpointStatistics {
  #last: CheckpointSummary | undefined
  #recoveryPointer: string | undefined
  #failed = 0
  #completed = 0
  #started = 0

  get last(): CheckpointSummary | undefined {
    return this.#last
  }

  /** The newest checkpoint of this run that a restart may use. A savepoint on the way is the user's: it may be moved or deleted. */
  get recoveryPointer(): string | undefined {
    return this.#recoveryPointer
  }

  get numberOfFailed(): number {
    return this.#failed
  }

  get numberOfCompleted(): number {
    return this.#completed
  }

  register(metrics: MetricGroup): void {
    metrics.gauge('totalNumberOfCheckpoints', () => this.#started)
    metrics.gauge('numberOfInProgressCheckpoints', () => this.#started - this.#completed - this.#failed)
    metrics.gauge('numberOfCompletedCheckpoints', () => this.#completed)
    metrics.gauge('numberOfFailedCheckpoints', () => this.#failed)
    metrics.gauge('lastCompletedCheckpointId', () => this.#last?.checkpointId ?? 0)
    metrics.gauge('lastCheckpointDuration', () => this.#last?.durationMs ?? 0)
    metrics.gauge('lastCheckpointSize', () => this.#last?.sizeBytes ?? 0)
    metrics.gauge('lastCheckpointCompletedTimestamp', () => this.#last?.completedMs ?? 0)
  }

  started(): void {
    this.#started++
  }

  completed(barrier: Barrier, completed: CompletedCheckpoint, sizeBytes: number, nowMs: number): void {
    this.#completed++
    if (barrier.savepoint === undefined) this.#recoveryPointer = completed.pointer
    this.#last = { checkpointId: barrier.checkpointId, pointer: completed.pointer, completedMs: nowMs, durationMs: nowMs - barrier.timestampMs, sizeBytes }
  }

  failed(): void {
    this.#failed++
  }
}
