const WINDOW = 10_000
const GRACE = 100

/** Share of bad ones among the last 10 000 records. Costs nothing while records are good: only bad ones are noted. */
export class ErrorRatio {
  readonly #max: number
  /** Positions of the bad records within the window, ascending. */
  #bad: number[] = []

  constructor(max: number) {
    this.#max = max
  }

  /** Notes that record number `position` (from 1) was bad; true if the limit is exceeded, which takes 100 records at least. */
  exceededBy(position: number): boolean {
    this.#bad.push(position)
    const from = position - WINDOW
    if ((this.#bad[0] as number) <= from) this.#bad = this.#bad.filter((bad) => bad > from)
    return position >= GRACE && this.#bad.length > this.#max * Math.min(position, WINDOW)
  }
}
