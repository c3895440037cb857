import { MillraceError } from '../../errors.ts'
import type { OperatorListState } from '../../functions/process-function.ts'
import type { WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import type { OperatorSpec } from '../../graph/operator-spec.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Source, SourceSplit } from '../../spi/source.ts'
import type { PollResult, SourceReader } from '../../spi/source-reader.ts'
import { SourceAlignment } from '../time/source-alignment.ts'
import { type RateLimiter, subtaskRateLimiter } from '../time/rate-limiter.ts'
import { registerSplitMetrics } from '../time/split-metrics.ts'
import { SourceWatermarks } from '../time/source-watermarks.ts'
import { MAX_WATERMARK } from '../time/timestamps.ts'
import { describeRecord } from './describe-record.ts'
import { requireSynchronousReader } from './require-synchronous.ts'
import { SourceReaderOutput, type SourceCollector, type SourceRecords } from './source-records.ts'
import { splitStateSerializer, type SplitState } from './split-state.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { WatermarkState } from './watermark-state.ts'

/** A StreamOperator without inputs, driven by its task. */
export interface SourceOperator extends StreamOperator {
  /** Reads and emits at most about `maxRecords` records. `end`: all splits held are read; ask for another. */
  pollBatch(maxRecords: number): PollResult
  /** Awaited after `pending`. */
  available(signal: AbortSignal): Promise<void>
  /** What `available` rejected with, as the failure of the source, and not of the engine. */
  failed(error: unknown): MillraceError
  addSplits(splits: readonly SourceSplit[]): void
  noMoreSplits(): void
  /** Every auto-watermark interval, also while there is nothing to read or the output is full. */
  emitPeriodicWatermark(now: number): void
  /** Splits that came from the checkpoint; the reader holds them already. Known after `open`. */
  restoredSplits(): readonly SourceSplit[]
  /** Before `open`, and after the outputs are linked: has this source's records collected by a function of its own. */
  linkRecords(compile: (records: SourceRecords) => SourceCollector): void
  /** Before the first poll, if the strategy has an alignment group: `report` gets the watermark whenever the group should know it. */
  startAlignment(report: (watermark: number | null) => void): void
  /** How far the alignment group may go. */
  align(maxWatermark: number): void
  /** No more records: with `drain` the last watermark follows. */
  finishInput(drain: boolean): void
}

type SourceSpec = Extract<OperatorSpec, { readonly kind: 'source' }>

const DEFAULT_IDLE_TIMEOUT_MS = 60_000

export function createSourceOperator(node: StreamNode, context: OperatorContext, spec: SourceSpec): SourceOperator {
  return new ReadingSourceOperator(node, context, spec)
}

class ReadingSourceOperator implements SourceOperator {
  readonly #context: OperatorContext
  readonly #source: Source<unknown>
  readonly #state: OperatorListState<SplitState>
  readonly #watermarkState: WatermarkState
  readonly #watermarks: SourceWatermarks
  readonly #output: SourceReaderOutput
  readonly #reader: SourceReader<unknown>
  readonly #strategy: WatermarkStrategy<never>
  readonly #limiter: RateLimiter | undefined
  /** No record may be read before some time has passed. */
  #limited = false
  /** All splits held have been read to their end. */
  #exhausted = false
  #alignment: SourceAlignment | undefined
  #restored: readonly SourceSplit[] = []

  constructor(node: StreamNode, context: OperatorContext, { source, watermarks: strategy, maxRecordsPerSecond }: SourceSpec) {
    this.#context = context
    this.#source = source
    this.#strategy = strategy
    if (maxRecordsPerSecond !== undefined) this.#limiter = subtaskRateLimiter(maxRecordsPerSecond, context.parallelism, context.now())
    this.#state = context.operatorState.objects('source-splits', splitStateSerializer(source), 'split')
    this.#watermarkState = new WatermarkState(context)
    const idleTimeoutMs = strategy.idleTimeoutMs ?? (source.bounded ? 0 : DEFAULT_IDLE_TIMEOUT_MS)
    this.#watermarks = new SourceWatermarks(strategy, idleTimeoutMs, this.#watermarkState.restored(), context.now(), context.output)
    this.#output = new SourceReaderOutput(node, context, source, strategy, this.#watermarks)
    const { subtaskIndex, parallelism, signal, fileSystems, logger, metrics } = context
    const reader = source.createReader({ subtaskIndex, parallelism, bounded: source.bounded, signal, fileSystems, logger, metrics, now: () => context.now() })
    this.#reader = requireSynchronousReader(reader, context.name)
  }

  linkRecords(compile: (records: SourceRecords) => SourceCollector): void {
    this.#output.collect = compile(this.#output)
  }

  async open(): Promise<void> {
    try {
      await this.#reader.start?.()
    } catch (error) {
      throw this.failed(error)
    }
    const states = this.#state.get()
    for (const { split, watermark, generator } of states) {
      const progress = this.#watermarks.splits.obtain(split.id)
      progress.watermark = watermark
      if (generator !== null) progress.generator.restoreState?.(generator)
    }
    const { metrics, output } = this.#context
    registerSplitMetrics(metrics, () => this.#watermarks.progress(), () => this.#context.now(), () => output.isAvailable())
    this.#restored = states.map(({ split }) => split)
    if (this.#restored.length > 0) this.#reader.addSplits(this.#restored)
  }

  pollBatch(maxRecords: number): PollResult {
    const allowed = this.#limiter?.available(this.#context.now()) ?? maxRecords
    this.#limited = allowed === 0
    // Who has nothing left to read need not wait to say so.
    if (!this.#exhausted && (this.#limited || this.#alignment?.paused === true)) return 'pending'
    const before = this.#output.position
    const result = this.#reader.poll(this.#output, Math.max(1, Math.min(allowed, maxRecords)))
    if (result !== 'more' && result !== 'pending' && result !== 'end') throw this.#noPollResult(result)
    this.#limiter?.take(this.#output.position - before)
    // what is read next decides about timestamps: nothing is held back any more by what was read to its end
    if (this.#source.bounded || this.#alignment !== undefined || result === 'end') this.#watermarks.emitPeriodic()
    this.#exhausted = result === 'end'
    if (this.#exhausted) this.#output.releaseAll()
    const now = this.#context.now()
    this.#watermarks.afterPoll(result, now)
    this.#alignment?.update(now)
    return result
  }

  #noPollResult(found: unknown): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    const message = `expected poll of source "${name}" (${this.#source.name}) to return 'more', 'pending' or 'end', found ${describeRecord(found)}; 'pending' has the engine wait for available`
    return new MillraceError('CORE_INVALID_POLL_RESULT', message, { origin: 'user', at: { operator: name, uid, subtask: subtaskIndex } })
  }

  available(signal: AbortSignal): Promise<void> {
    if (this.#limited && this.#limiter !== undefined) return this.#context.sleep(this.#limiter.waitMs())
    return this.#alignment?.paused === true ? this.#alignment.resumed() : this.#reader.available(signal)
  }

  failed(error: unknown): MillraceError {
    const { name, uid, subtaskIndex } = this.#context
    return MillraceError.wrap(error, 'CORE_SOURCE_FAILED', `source "${name}" (${this.#source.name}) failed`, { origin: 'external', at: { operator: name, uid, subtask: subtaskIndex } })
  }

  startAlignment(report: (watermark: number | null) => void): void {
    const { alignment } = this.#strategy
    if (alignment === undefined) return
    this.#alignment = new SourceAlignment(alignment, this.#watermarks, this.#reader, report)
    this.#alignment.update(this.#context.now())
  }

  align(maxWatermark: number): void {
    this.#alignment?.align(maxWatermark)
  }

  addSplits(splits: readonly SourceSplit[]): void {
    this.#exhausted = false
    for (const split of splits) this.#watermarks.addSplit(split.id)
    this.#reader.addSplits(splits)
    this.#alignment?.update(this.#context.now())
  }

  noMoreSplits(): void {
    this.#reader.notifyNoMoreSplits?.()
  }

  emitPeriodicWatermark(now: number): void {
    this.#watermarks.tick(now, this.#context.output.isAvailable() && this.#reader.isUnreachable?.() !== true)
    this.#alignment?.update(now)
  }

  restoredSplits(): readonly SourceSplit[] {
    return this.#restored
  }

  finishInput(drain: boolean): void {
    this.#alignment?.end()
    if (drain && this.#watermarks.emitted < MAX_WATERMARK) {
      this.#watermarks.emitted = MAX_WATERMARK
      this.#context.output.emitWatermark(MAX_WATERMARK)
    }
  }

  snapshot(checkpointId: number): void {
    const { splits } = this.#watermarks
    this.#state.update(
      this.#reader.snapshotSplits(checkpointId).map((split) => {
        const { watermark, generator } = splits.progressOf(split.id)
        return { split, watermark, generator: generator.snapshotState?.() ?? null }
      }),
    )
    this.#watermarkState.snapshot(this.#watermarks.emitted)
  }

  notifyCheckpointComplete(checkpointId: number): void | Promise<void> {
    return this.#reader.notifyCheckpointComplete?.(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#reader.notifyCheckpointAborted?.(checkpointId)
  }

  close(): void | Promise<void> {
    return this.#reader.close?.()
  }

  processElement(): void {
    throw this.#noInput()
  }

  processWatermark(): void {
    throw this.#noInput()
  }

  processStatus(): void {
    throw this.#noInput()
  }

  #noInput(): MillraceError {
    return new MillraceError('CORE_NO_INPUT', `source "${this.#context.name}" has no input`, { origin: 'engine' })
  }
}
