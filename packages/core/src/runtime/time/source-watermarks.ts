import type { WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import type { PollResult } from '../../spi/source-reader.ts'
import type { SplitProgress } from './split-metrics.ts'
import { SplitWatermarks, type SplitWatermark } from './split-watermarks.ts'
import { createWatermarkGenerator } from './watermark-generators.ts'

export interface SourceWatermarksOutput {
  emitWatermark(timestamp: number): void
  emitStatus(idle: boolean): void
}

/**
 * Watermarks and idleness of one source operator. A split becomes idle after `idleTimeoutMs` (0: never) without a record
 * while its reader has nothing to read; that clock stands still while the output is full or the split is paused. What is
 * emitted never goes back.
 */
export class SourceWatermarks {
  readonly splits: SplitWatermarks
  /** Last emitted. */
  emitted: number
  readonly #output: SourceWatermarksOutput
  readonly #idleTimeoutMs: number
  #idle = false
  #lastTick: number
  /** Since when there is no split at all and nothing to read. */
  #emptySince: number | undefined
  /** The last poll left nothing to read: nobody polls again before there is something. */
  #waiting = false
  #observed = Number.NaN
  #advancedMs = Number.NaN

  constructor(strategy: WatermarkStrategy<never>, idleTimeoutMs: number, emitted: number, now: number, output: SourceWatermarksOutput) {
    this.splits = new SplitWatermarks(() => createWatermarkGenerator(strategy))
    this.emitted = emitted
    this.#output = output
    this.#idleTimeoutMs = idleTimeoutMs
    this.#lastTick = now
  }

  /** All of it is idle, and it holds nobody back. */
  get idle(): boolean {
    return this.#idle
  }

  /** For metrics: the splits, or without any the source itself, which holds time where it is. */
  *progress(): Iterable<SplitProgress> {
    let empty = true
    for (const split of this.splits.counted()) {
      empty = false
      yield split
    }
    if (empty) yield { id: '', watermark: this.emitted, idle: this.#idle, paused: false, records: false, advancedMs: this.#advancedMs }
  }

  /** A split to read: it holds the watermark back, so that an idle source is idle no more. */
  addSplit(id: string): void {
    this.splits.obtain(id)
    if (this.#idle) this.#setIdle(false)
  }

  /** Before a record of `split` is emitted. */
  beforeRecord(split: SplitWatermark): void {
    split.seen = true
    if (split.quietSince !== undefined || split.idle) split.wake()
    if (this.#idle) this.#setIdle(false)
  }

  /** A caught-up split: starts its idle clock. */
  markIdle(split: SplitWatermark, now: number): void {
    split.markedIdle = true
    split.quietSince ??= now
  }

  /** Starts and stops the idle clocks by what a poll brought. */
  afterPoll(result: PollResult, now: number): void {
    let empty = true
    this.#waiting = result === 'pending'
    for (const split of this.splits.counted()) {
      empty = false
      if (split.paused) split.quietSince = undefined
      else if (!split.seen && result === 'pending') split.quietSince ??= now
      else if (!split.markedIdle) split.quietSince = undefined
      split.records ||= split.seen
      split.seen = false
      split.observe(now)
    }
    this.#observe(now)
    this.#emptySince = empty && result !== 'more' ? (this.#emptySince ?? now) : undefined
  }

  /** Every auto-watermark interval. `available`: the output is not full, and what is read from answers. */
  tick(now: number, available: boolean): void {
    if (!available) this.#pauseClocks(now)
    if (this.#waiting) for (const split of this.splits.counted()) if (!split.paused) split.quietSince ??= now
    this.#lastTick = now
    this.emitPeriodic()
    for (const split of this.splits.counted()) split.observe(now)
    this.#observe(now)
    if (this.#idleTimeoutMs > 0 && available) this.#findIdle(now)
  }

  emitPeriodic(): void {
    for (const split of this.splits.counted()) split.generator.onPeriodicEmit(split)
    this.update()
  }

  /** Emits the combined watermark if it went forward. */
  update(): void {
    const combined = this.splits.combined()
    if (combined === undefined || combined <= this.emitted) return
    this.emitted = combined
    this.#output.emitWatermark(combined)
  }

  #observe(now: number): void {
    if (this.emitted === this.#observed) return
    this.#observed = this.emitted
    this.#advancedMs = now
  }

  #findIdle(now: number): void {
    let active = false
    let empty = true
    for (const split of this.splits.counted()) {
      empty = false
      if (split.quietSince !== undefined && now - split.quietSince >= this.#idleTimeoutMs) split.idle = true
      active ||= !split.idle
    }
    if (active) this.update()
    else if (!empty || (this.#emptySince !== undefined && now - this.#emptySince >= this.#idleTimeoutMs)) this.#setIdle(true)
  }

  #pauseClocks(now: number): void {
    const passed = now - this.#lastTick
    for (const split of this.splits.counted()) if (split.quietSince !== undefined) split.quietSince = Math.min(now, split.quietSince + passed)
    if (this.#emptySince !== undefined) this.#emptySince = Math.min(now, this.#emptySince + passed)
  }

  #setIdle(idle: boolean): void {
    if (idle === this.#idle) return
    this.#idle = idle
    this.#output.emitStatus(idle)
  }
}
