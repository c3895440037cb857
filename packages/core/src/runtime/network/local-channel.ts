import type { StreamElement } from './stream-element.ts'

/**
 * A queue between two subtasks of one thread. Bounded in bytes by credit: a producer stops taking input while
 * `isAvailable` is false, so the bound is overdrawn by at most what one step of the producer emits.
 */
export class LocalChannel {
  readonly limitBytes: number
  /** Called when something can be polled. */
  onData: () => void = () => {}
  /** Called when a full channel has room again. */
  onSpace: () => void = () => {}
  queuedBytes = 0
  #elements: StreamElement[] = []
  #head = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get isAvailable(): boolean {
    return this.queuedBytes < this.limitBytes
  }

  get isEmpty(): boolean {
    return this.#head === this.#elements.length
  }

  push(element: StreamElement): void {
    const wasEmpty = this.isEmpty
    this.#elements.push(element)
    if (element.kind === 'records') this.queuedBytes += element.bytes
    if (wasEmpty) this.onData()
  }

  poll(): StreamElement | undefined {
    const element = this.#elements[this.#head]
    if (element === undefined) return undefined
    this.#head++
    if (this.#head === this.#elements.length) {
      this.#elements = []
      this.#head = 0
    }
    if (element.kind === 'records') {
      const wasFull = !this.isAvailable
      this.queuedBytes -= element.bytes
      if (wasFull && this.isAvailable) this.onSpace()
    }
    return element
  }
}
