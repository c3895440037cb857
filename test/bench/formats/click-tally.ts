import type { Infer } from '@millrace/core'
import type { Outcome } from '../rate-case.ts'
import type { Click } from './click-data.ts'

/** Adds up what was read, the same way for all readers. */
export class ClickTally {
  #rows = 0
  #sum = 0

  take(click: Infer<typeof Click>): void {
    this.#rows++
    this.#sum += click.id + click.user.length + click.page.length + click.ms + (click.ok ? 1 : 0)
  }

  outcome(): Outcome {
    return { rows: this.#rows, digest: this.#sum }
  }
}
