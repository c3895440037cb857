import { isExpired } from './state-ttl.ts'
import type { TtlPolicy } from './state-ttl.ts'

/** Looked at per write access: keeps up with any state whose entries are written at least half as often as created. */
const ENTRIES_PER_STEP = 2

/**
 * Removes expired entries nobody asks for any more, a few with every write. `scan` begins a pass over the entries that
 * have no namespace (those in windows go with their window); an entry removes itself once passed.
 */
export class TtlSweep {
  readonly #ttl: TtlPolicy
  readonly #scan: () => Iterator<{ readonly stampMs: number; remove(): void }>
  #pass: Iterator<{ readonly stampMs: number; remove(): void }> | undefined
  #nextPassMs = 0

  constructor(ttl: TtlPolicy, scan: () => Iterator<{ readonly stampMs: number; remove(): void }>) {
    this.#ttl = ttl
    this.#scan = scan
  }

  step(nowMs: number): void {
    if (this.#pass === undefined) {
      if (nowMs < this.#nextPassMs) return
      this.#pass = this.#scan()
    }
    for (let left = ENTRIES_PER_STEP; left > 0; left--) {
      const step = this.#pass.next()
      if (step.done === true) {
        this.#pass = undefined
        this.#nextPassMs = nowMs + this.#ttl.afterMs / 2
        return
      }
      if (isExpired(step.value.stampMs, this.#ttl, nowMs)) step.value.remove()
    }
  }
}
