/** Samples of the rate that count, with falling weight: Flink's buffer-debloat.samples. */
const SAMPLES = 20
const WEIGHT = 2 / (SAMPLES + 1)
/** How often the limit is looked at: Flink's buffer-debloat.period. */
const PERIOD_MS = 200
/** A change by less is not worth it: Flink's buffer-debloat.threshold-percentages. */
const THRESHOLD = 0.25
const LEAST_BYTES = 4096
/** Until the rate is known: two frames, so that a slow consumer does not begin with all that fits. */
const FIRST_BYTES = 64 * 1024

/**
 * Buffer debloating (FLIP-183): lets only as much be on its way as is processed within a target time, so that a barrier does
 * not wait for long behind records. The rate is that of the time in which there was something to process; a moving average.
 */
export class BufferDebloater {
  readonly #targetLatencyMs: number
  readonly #mostBytes: number
  limitBytes: number
  /** 0 while it is not known. */
  bytesPerMs = 0
  #sinceMs: number
  #bytes = 0
  #idleMs = 0
  #idleSinceMs: number | undefined

  /** `limitBytes`: the most that the limit will be. */
  constructor(targetLatencyMs: number, limitBytes: number, nowMs: number) {
    this.#targetLatencyMs = targetLatencyMs
    this.#mostBytes = limitBytes
    this.limitBytes = Math.min(limitBytes, FIRST_BYTES)
    this.#sinceMs = nowMs
  }

  /** There is nothing to process. */
  idle(nowMs: number): void {
    this.#idleSinceMs ??= nowMs
  }

  /** That much has been taken to be processed. */
  consumed(bytes: number, nowMs: number): void {
    if (this.#idleSinceMs !== undefined) {
      this.#idleMs += nowMs - this.#idleSinceMs
      this.#idleSinceMs = undefined
    }
    const periodMs = nowMs - this.#sinceMs
    if (periodMs >= PERIOD_MS) {
      this.#update(periodMs - this.#idleMs)
      this.#sinceMs = nowMs
      this.#idleMs = 0
      this.#bytes = 0
    }
    this.#bytes += bytes
  }

  #update(activeMs: number): void {
    // less than a millisecond in use says nothing about the rate
    if (this.#bytes === 0 || activeMs < 1) return
    const rate = this.#bytes / activeMs
    this.bytesPerMs = this.bytesPerMs === 0 ? rate : this.bytesPerMs + WEIGHT * (rate - this.bytesPerMs)
    const wanted = Math.min(this.#mostBytes, Math.max(LEAST_BYTES, Math.ceil(this.bytesPerMs * this.#targetLatencyMs)))
    const isExtreme = wanted === this.#mostBytes || wanted === LEAST_BYTES
    if (isExtreme || Math.abs(wanted - this.limitBytes) >= THRESHOLD * this.limitBytes) this.limitBytes = wanted
  }
}
