/** Sums of parts of a token are a little off: what is this close to a whole one is one. */
const ROUNDING = 1e-6

/** A token bucket (RFC 2697, one rate): `perSecond` tokens a second, saved up for at most `burst`. Starts full. */
export class RateLimiter {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #refilledMs: number

  /** `perSecond` above 0; `burst` at least 1. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#tokens = burst
    this.#refilledMs = now
  }

  /** Whole tokens there are. */
  available(now: number): number {
    // A clock that steps back brings nothing, and takes nothing away.
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#refilledMs) * this.#perMs)
    this.#refilledMs = now
    return Math.max(0, Math.floor(this.#tokens + ROUNDING))
  }

  /** More than there are is owed: nothing is available until it has been refilled. */
  take(tokens: number): void {
    this.#tokens -= tokens
  }

  /** Milliseconds until one token is available, from the last call of `available`. */
  waitMs(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs))
  }
}

/** The limiter of one of `parallelism` subtasks that share a rate. It saves up a tenth of a second. */
export function subtaskRateLimiter(perSecond: number, parallelism: number, now: number): RateLimiter {
  const own = perSecond / parallelism
  return new RateLimiter(own, Math.max(1, own / 10), now)
}
