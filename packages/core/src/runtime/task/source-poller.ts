import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import type { SourceSplit } from '../../spi/source.ts'
import { jsonSerializer } from '../checkpoint/json-serializer.ts'
import type { SourceOperator } from '../operators/source-operator.ts'
import type { SerializedSplit } from '../protocol.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** Records taken from a reader between two looks at the mailbox. */
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
  #waiting = false
  #lastPeriodicMs = 0
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
  }

  restoredSplits(): readonly SerializedSplit[] {
    return this.#operator.restoredSplits().map((split) => ({ version: this.#serializer.version, bytes: this.#serializer.serialize(split) }))
  }

  addSplits(splits: readonly SerializedSplit[]): void {
    this.#requested = false
    this.#operator.addSplits(splits.map(({ version, bytes }) => this.#serializer.deserialize(version, bytes)))
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true
    this.#operator.noMoreSplits()
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
    if (this.#stopped || this.ended) return 'pending'
    const result = this.#operator.pollBatch(POLL_RECORDS)
    const now = this.#environment.clock.now()
    if (this.#bounded || now - this.#lastPeriodicMs >= this.#environment.settings.autoWatermarkIntervalMs) {
      this.#lastPeriodicMs = now
      this.#operator.emitPeriodicWatermark(now)
    }
    if (result !== 'end') return result
    if (this.#noMoreSplits) return 'end'
    if (!this.#requested) {
      this.#requested = true
      this.#environment.report({ kind: 'splitRequest', taskId: this.#environment.deployment.taskId })
    }
    return 'pending'
  }

  /** Without splits there is nothing to wait for but the mailbox; otherwise for the reader, or for the next periodic watermark. */
  wakeWhenAvailable(wake: () => void): void {
    if (this.#waiting || this.#stopped || this.ended || this.#requested) return
    this.#waiting = true
    const resume = (): void => {
      if (!this.#waiting) return
      this.#waiting = false
      cancel()
      wake()
    }
    const { autoWatermarkIntervalMs } = this.#environment.settings
    const cancel = this.#bounded ? () => {} : this.#environment.clock.schedule(autoWatermarkIntervalMs, resume)
    this.#operator.available(this.#signal).then(resume, (error: unknown) => {
      cancel()
      if (!this.#signal.aborted) this.#fail(error)
    })
  }
}
