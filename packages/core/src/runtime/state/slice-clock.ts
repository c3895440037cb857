/** Of a slice; one may take this much longer as its last entries do. */
const SLICE_MS = 2
/** Entries between two looks at the clock. */
const LOOK_EVERY = 64

/** Says when long work should let the task have its turn: after some time or, where no time passes as in tests, some entries. */
export class SliceClock {
  readonly #now: () => number
  readonly #usualEntries: number
  #maxEntries: number
  #entries = 0
  #endMs = 0

  constructor(now: () => number, maxEntries: number) {
    this.#now = now
    this.#usualEntries = maxEntries
    this.#maxEntries = maxEntries
    this.begin()
  }

  begin(maxEntries: number = this.#usualEntries): void {
    this.#entries = 0
    this.#maxEntries = maxEntries
    this.#endMs = this.#now() + SLICE_MS
  }

  /** Called for every entry: true when the slice should end. */
  passed(): boolean {
    this.#entries++
    return this.#entries >= this.#maxEntries || (this.#entries % LOOK_EVERY === 0 && this.#now() >= this.#endMs)
  }
}
