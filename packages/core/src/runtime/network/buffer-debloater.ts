/** How often the limit is moved: Flink's buffer-debloat.period. */
const PERIOD_MS = 200
/** A sample of that length counts as Flink's buffer-debloat.samples = 20 has it, 2 ÷ 21; a longer one like so many of them. */
const KEPT_PER_PERIOD = 19 / 21
/** Soon enough that a fast consumer loses nothing by a small beginning. */
const FIRST_PERIOD_MS = 10
/** Flink's min-segment-size. */
const LEAST_BYTES = 256
/** Until the rate is known: some tens of rows, since the consumer may take a tenth of a second for each. */
const FIRST_BYTES = 1024

/**
 * Buffer debloating (FLIP-183): lets only as much be on its way as is processed within a target time, so that a barrier does
 * not wait for long behind records. The rate is that of the time in which there was something to process.
 *
 * The limit is a moving average over time, not over samples: behind a slow consumer they lie seconds apart. Averaged is what
 * each would allow, which is at most the whole buffer, so that having been fast does not hide having become slow.
 */
export class BufferDebloater {
  readonly #targetLatencyMs: number
  readonly #mostBytes: number
  limitBytes: number
  /** 0 while it is not known. */
  bytesPerMs = 0
  /** Of the period: when its first batch was taken, what was taken, and how long there was nothing to take. */
  #sinceMs = 0
  #bytes = 0
  #idleMs = 0
  #idleSinceMs: number | undefined

  /** `limitBytes`: the most that the limit will be. */
  constructor(targetLatencyMs: number, limitBytes: number) {
    this.#targetLatencyMs = targetLatencyMs
    this.#mostBytes = limitBytes
    this.limitBytes = Math.min(limitBytes, FIRST_BYTES)
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
    if (this.#bytes === 0) this.#begin(nowMs)
    else if (periodMs >= (this.bytesPerMs === 0 ? FIRST_PERIOD_MS : PERIOD_MS)) {
      // at least one: with a clock of milliseconds, a rate that is higher is not known to be
      this.#update(Math.max(1, periodMs - this.#idleMs))
      this.#begin(nowMs)
    }
    this.#bytes += bytes
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs
    this.#bytes = 0
    this.#idleMs = 0
  }

  #update(activeMs: number): void {
    const rate = this.#bytes / activeMs
    const wantedBytes = Math.min(this.#mostBytes, Math.max(LEAST_BYTES, rate * this.#targetLatencyMs))
    const kept = this.bytesPerMs === 0 ? 0 : KEPT_PER_PERIOD ** (activeMs / PERIOD_MS)
    this.bytesPerMs = rate + kept * (this.bytesPerMs - rate)
    this.limitBytes = Math.round(wantedBytes + kept * (this.limitBytes - wantedBytes))
  }
}
