import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import type { SourceSplit } from '../../spi/source.ts'
import { jsonSerializer } from '../checkpoint/json-serializer.ts'
import type { SourceOperator } from '../operators/source-operator.ts'
import type { SerializedSplit } from '../protocol.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** Records taken from a reader between two looks at the mailbox, or fewer when a consumer is slow. */
const POLL_RECORDS = 1024

/** Drives the source at the head of a task: asks for splits, waits for data, notices the end. */
export class SourcePoller {
  readonly #operator: SourceOperator
  readonly #environment: TaskEnvironment
  readonly #signal: AbortSignal
  readonly #fail: (error: unknown) => void
  readonly #serializer: SimpleVersionedSerializer<SourceSplit>
  readonly #bounded: boolean
  #requested = false
  #noMoreSplits = false
  #stopped = false
  /** Identifies the wait for `available`, while there is one: until then the reader is not polled. */
  #waiting: symbol | undefined
  readonly #ticks: boolean
  #cancelTick: () => void = () => {}
  ended = false

  constructor(operator: SourceOperator, environment: TaskEnvironment, signal: AbortSignal, fail: (error: unknown) => void) {
    this.#operator = operator
    this.#environment = environment
    this.#signal = signal
    this.#fail = fail
    const spec = environment.vertex.operators[0]?.node.operator
    if (spec?.kind !== 'source') throw new TypeError('a source poller needs a source at the head of its chain')
    this.#serializer = spec.source.splitSerializer ?? jsonSerializer<SourceSplit>()
    this.#bounded = spec.source.bounded
    operator.startAlignment((watermark) => environment.report({ kind: 'watermarkReport', taskId: environment.deployment.taskId, watermark }))
    this.#ticks = !this.#bounded || (spec.watermarks.idleTimeoutMs ?? 0) > 0
  }

  restoredSplits(): readonly SerializedSplit[] {
    return this.#operator.restoredSplits().map((split) => ({ version: this.#serializer.version, bytes: this.#serializer.serialize(split) }))
  }

  /** Emits periodic watermarks and finds idle splits, also while there is nothing to read or the output is full. */
  startTicking(enqueue: (action: () => void) => void): void {
    if (!this.#ticks) return
    const { clock, settings } = this.#environment
    const arm = (): void => {
      this.#cancelTick = clock.schedule(settings.autoWatermarkIntervalMs, () =>
        enqueue(() => {
          this.#tick()
          if (!this.ended) arm()
        }),
      )
    }
    arm()
    this.#signal.addEventListener('abort', () => this.#cancelTick())
  }

  addSplits(splits: readonly SerializedSplit[]): void {
    this.#requested = false
    this.#waiting = undefined
    this.#operator.addSplits(splits.map(({ version, bytes }) => this.#serializer.deserialize(version, bytes)))
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true
    this.#operator.noMoreSplits()
  }

  align(maxWatermark: number): void {
    this.#operator.align(maxWatermark)
  }

  /** Reads nothing from now on; false if that was so before. */
  stop(): boolean {
    const running = !this.#stopped && !this.ended
    this.#stopped = true
    return running
  }

  end(drain: boolean): void {
    this.ended = true
    this.#operator.finishInput(drain)
  }

  /** `pending`: call `wakeWhenAvailable`. `end`: everything has been read. */
  poll(): 'more' | 'pending' | 'end' {
    if (this.#stopped || this.ended || this.#waiting !== undefined) return 'pending'
    const result = this.#operator.pollBatch(this.#pollRecords())
    if (this.#bounded) this.#tick()
    if (result !== 'end') return result
    if (this.#noMoreSplits) return 'end'
    if (!this.#requested) {
      this.#requested = true
      this.#environment.report({ kind: 'splitRequest', taskId: this.#environment.deployment.taskId })
    }
    return 'pending'
  }

  /** Without splits there is nothing to wait for but the mailbox; otherwise for the reader. */
  wakeWhenAvailable(wake: () => void): void {
    if (this.#waiting !== undefined || this.#stopped || this.ended || this.#requested) return
    const waiting = Symbol('waiting')
    this.#waiting = waiting
    this.#operator.available(this.#signal).then(
      () => {
        if (this.#waiting !== waiting) return
        this.#waiting = undefined
        wake()
      },
      (error: unknown) => {
        if (!this.#signal.aborted) this.#fail(this.#operator.failed(error))
      },
    )
  }

  #pollRecords(): number {
    let records = POLL_RECORDS
    for (const writer of this.#environment.writers.values()) if (writer.batchRows < records) records = writer.batchRows
    return records
  }

  #tick(): void {
    if (!this.#stopped && !this.ended) this.#operator.emitPeriodicWatermark(this.#environment.clock.now())
  }
}
