import type { Barrier } from './barrier.ts'

export interface BarrierAlignerActions {
  /** Every live channel has delivered this barrier. */
  complete(barrier: Barrier): void
  /** A newer barrier arrived first: the older checkpoint can no longer be taken here. */
  abort(checkpointId: number): void
  block(channel: number): void
  unblockAll(): void
}

/**
 * Waits for the same barrier on all input channels. Aligned (exactly-once): a channel that has delivered it is blocked
 * until the others have. Not aligned (at-least-once): it goes on, and its later records may be part of the snapshot too.
 */
export class BarrierAligner {
  readonly #actions: BarrierAlignerActions
  readonly #seen: boolean[]
  #count = 0
  #current: Barrier | undefined
  #lastId = 0

  constructor(channels: number, actions: BarrierAlignerActions) {
    this.#actions = actions
    this.#seen = Array.from({ length: channels }, () => false)
  }

  get aligning(): boolean {
    return this.#current !== undefined
  }

  barrier(channel: number, barrier: Barrier): void {
    if (barrier.checkpointId <= this.#lastId && this.#current?.checkpointId !== barrier.checkpointId) return
    if (this.#current !== undefined && barrier.checkpointId > this.#current.checkpointId) this.cancel(this.#current.checkpointId)
    if (this.#current === undefined) {
      this.#current = barrier
      this.#lastId = barrier.checkpointId
    }
    if (this.#seen[channel] === true) return
    this.#seen[channel] = true
    this.#count++
    if (this.#count === this.#seen.length) this.#finish(barrier)
    else if (barrier.aligned) this.#actions.block(channel)
  }

  /** The coordinator gave the checkpoint up, or a newer one overtook it. */
  cancel(checkpointId: number): void {
    if (this.#current?.checkpointId !== checkpointId) {
      // Its barriers may still come; not all of them will.
      if (this.#current === undefined) this.#lastId = Math.max(this.#lastId, checkpointId)
      return
    }
    this.#reset()
    this.#actions.abort(checkpointId)
  }

  #finish(barrier: Barrier): void {
    this.#reset()
    this.#actions.complete(barrier)
  }

  #reset(): void {
    this.#current = undefined
    this.#count = 0
    this.#seen.fill(false)
    this.#actions.unblockAll()
  }
}
