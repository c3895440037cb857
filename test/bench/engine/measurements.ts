import type { Outcome } from '../rate-case.ts'

/** The records of the stateless case, in the three shapes they take. */
export interface Measurement {
  readonly id: number
  readonly celsius: number
}

export interface Converted {
  readonly id: number
  readonly fahrenheit: number
}

export interface Graded {
  readonly id: number
  readonly grade: number
}

let lastGraded: Graded | undefined

/** Where graded records end. Keeps the last one, so that none can be optimised away. */
export class GradeTally {
  #rows = 0
  #sum = 0

  take(row: Graded): void {
    this.#rows++
    this.#sum += row.grade
    lastGraded = row
  }

  outcome(): Outcome {
    return { rows: this.#rows, digest: lastGraded === undefined ? 0 : this.#sum }
  }
}
