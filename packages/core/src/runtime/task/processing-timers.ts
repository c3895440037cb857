import type { Clock } from '../time/clock.ts'

/** At most one pending wake-up per operator: the earliest it asked for. It comes when that millisecond is over, as in Flink. */
export class ProcessingTimers {
  readonly #clock: Clock
  readonly #fire: (operator: number) => void
  readonly #pending: Map<number, { readonly timestamp: number; readonly cancel: () => void }> = new Map()

  constructor(clock: Clock, fire: (operator: number) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  schedule(operator: number, timestamp: number): void {
    const pending = this.#pending.get(operator)
    if (pending !== undefined && pending.timestamp <= timestamp) return
    pending?.cancel()
    const cancel = this.#clock.schedule(Math.max(0, timestamp + 1 - this.#clock.now()), () => {
      this.#pending.delete(operator)
      this.#fire(operator)
    })
    this.#pending.set(operator, { timestamp, cancel })
  }

  close(): void {
    for (const { cancel } of this.#pending.values()) cancel()
    this.#pending.clear()
  }
}
