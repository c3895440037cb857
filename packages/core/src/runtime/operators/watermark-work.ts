import type { OperatorContext } from './stream-operator.ts'
import { MIN_WATERMARK } from '../time/timestamps.ts'

/** Steps between two looks at the output: about the size of a batch. */
const DEFAULT_SLICE = 256

/**
 * What a watermark makes due, done in slices that give way to back-pressure: between two slices the output is asked, and
 * when it is full the operator suspends. The watermark is forwarded after the last row.
 *
 * `work(watermark, steps)` does at most about `steps` steps and returns true when nothing is due any more.
 */
export class WatermarkWork {
  /** The last watermark received; what is due by it may not be done yet. */
  watermark: number = MIN_WATERMARK
  /** Suspended in the middle. */
  pending = false
  readonly #context: OperatorContext
  readonly #work: (watermark: number, steps: number) => boolean
  readonly #slice: number

  constructor(context: OperatorContext, work: (watermark: number, steps: number) => boolean) {
    this.#context = context
    this.#work = work
    this.#slice = context.workSlice ?? DEFAULT_SLICE
  }

  /** A watermark arrived. One that does not go forward says nothing new. */
  advance(timestamp: number): void {
    this.complete()
    if (timestamp <= this.watermark) return
    this.watermark = timestamp
    this.pending = true
    this.resume()
  }

  /** Goes on where the output was full; always does one slice at least. */
  resume(): void {
    while (this.pending) {
      if (this.#work(this.watermark, this.#slice)) {
        this.pending = false
        this.#context.output.emitWatermark(this.watermark)
      } else if (!this.#context.output.isAvailable()) {
        this.#context.suspend()
        return
      }
    }
  }

  /** Does what is left whether or not the output is full: nothing may overtake it. */
  complete(): void {
    if (!this.pending) return
    while (!this.#work(this.watermark, this.#slice));
    this.pending = false
    this.#context.output.emitWatermark(this.watermark)
  }
}
