import type { WatermarkGenerator, WatermarkOutput } from '../../functions/watermark-strategy.ts'
import { MIN_WATERMARK } from './timestamps.ts'

/** The watermark of one split, and whether the split holds back the others. */
export class SplitWatermark implements WatermarkOutput {
  /** Empty for records of no split. */
  readonly id: string
  watermark: number = MIN_WATERMARK
  idle = false
  /** Processing time since which nothing is there to read; undefined while records come. */
  quietSince: number | undefined
  /** The reader itself said that this split is caught up. */
  markedIdle = false
  /** Had a record since this was last cleared. */
  seen = false
  /** Set by a watermark that went forward. */
  advanced = false
  /** The reader emits through an output of this split's own. */
  attached = false
  /** Ahead of its alignment group, and not read. */
  paused = false
  /** Processing time at which the watermark was last seen to have gone forward, or the split was first seen. */
  advancedMs: number = Number.NaN
  /** Records came since then. */
  records = false
  #observed: number = MIN_WATERMARK
  readonly generator: WatermarkGenerator<unknown>

  constructor(id: string, generator: WatermarkGenerator<unknown>) {
    this.id = id
    this.generator = generator
  }

  /** Watermarks of a split never go back. */
  emitWatermark(timestamp: number): void {
    if (timestamp <= this.watermark) return
    this.watermark = timestamp
    this.advanced = true
  }

  /** Called now and then: notices whether the watermark has gone forward since the last time. */
  observe(now: number): void {
    if (Number.isNaN(this.advancedMs)) this.advancedMs = now
    if (this.watermark === this.#observed) return
    this.#observed = this.watermark
    this.advancedMs = now
    this.records = false
  }

  wake(): void {
    this.idle = false
    this.quietSince = undefined
    this.markedIdle = false
  }
}

/**
 * The splits of one source operator: its watermark is the lowest of those that are neither idle nor released. A reader that
 * emits without naming a split has all of that under `main`, and then splits it never named do not count.
 */
export class SplitWatermarks {
  readonly #splits = new Map<string, SplitWatermark>()
  readonly #create: () => WatermarkGenerator<unknown>
  #main: SplitWatermark | undefined

  constructor(create: () => WatermarkGenerator<unknown>) {
    this.#create = create
  }

  get(id: string): SplitWatermark | undefined {
    return this.#splits.get(id)
  }

  /** Records come that belong to no split. */
  get hasMain(): boolean {
    return this.#main !== undefined
  }

  /** The split of this id, added if it is new: a new split holds the watermark back until it has one of its own. */
  obtain(id: string): SplitWatermark {
    let split = this.#splits.get(id)
    if (split === undefined) this.#splits.set(id, (split = new SplitWatermark(id, this.#create())))
    return split
  }

  /** For records of no split. Begins where the restored splits were that nobody has emitted for. */
  main(): SplitWatermark {
    if (this.#main !== undefined) return this.#main
    const main = new SplitWatermark('', this.#create())
    const unnamed = [...this.#splits.values()].filter((split) => !split.attached)
    const [first] = unnamed
    if (first !== undefined) {
      main.watermark = unnamed.reduce((lowest, split) => Math.min(lowest, split.watermark), first.watermark)
      const state = first.generator.snapshotState?.()
      if (state !== undefined) main.generator.restoreState?.(state)
    }
    this.#main = main
    return main
  }

  /** Where a split's progress is found: under `main` if its records are. */
  progressOf(id: string): SplitWatermark {
    const split = this.obtain(id)
    return split.attached || this.#main === undefined ? split : this.#main
  }

  release(id: string): void {
    this.#splits.delete(id)
  }

  releaseAll(): void {
    this.#splits.clear()
    this.#main = undefined
  }

  /** Those whose watermark counts. */
  *counted(): Iterable<SplitWatermark> {
    if (this.#main !== undefined) yield this.#main
    for (const split of this.#splits.values()) if (split.attached || this.#main === undefined) yield split
  }

  /** Undefined when no split is active. */
  combined(): number | undefined {
    let lowest: number | undefined
    for (const split of this.counted()) {
      if (!split.idle && (lowest === undefined || split.watermark < lowest)) lowest = split.watermark
    }
    return lowest
  }
}
