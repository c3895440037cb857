/** Entries between two looks at the clock. */
const LOOK_EVERY = 64

/** Says when long work should let the task have its turn: after some time or, where no time passes as in tests, some entries. */
export class SliceClock {
  readonly #now: () => number
  readonly #sliceMs: number
  readonly #usualEntries: number
  #maxEntries: number
  #entries = 0
  #endMs = 0

  /** A slice takes `sliceMs`, and as much more as its last entries do. */
  constructor(now: () => number, sliceMs: number, maxEntries: number) {
    this.#now = now
    this.#sliceMs = sliceMs
    this.#usualEntries = maxEntries
    this.#maxEntries = maxEntries
    this.begin()
  }

  begin(maxEntries: number = this.#usualEntries): void {
    this.#entries = 0
    this.#maxEntries = maxEntries
    this.#endMs = this.#now() + this.#sliceMs
  }

  /** Called for every entry: true when the slice should end. */
  passed(): boolean {
    this.#entries++
    return this.#entries >= this.#maxEntries || (this.#entries % LOOK_EVERY === 0 && this.isOver())
  }

  /** Its time is over. */
  isOver(): boolean {
    return this.#now() >= this.#endMs
  }
}
