import type { BufferDebloater } from './buffer-debloater.ts'
import { ASSUMED_ROW_BYTES } from './channel.ts'
import type { StreamElement } from './stream-element.ts'
import type { Clock } from '../time/clock.ts'

export interface LocalDebloating {
  readonly debloater: BufferDebloater
  readonly clock: Clock
}

/**
 * A queue between two subtasks of one thread. Bounded in bytes by credit: a producer stops taking input while
 * `isAvailable` is false, so the bound is overdrawn by at most what one step of the producer emits.
 */
export class LocalChannel {
  limitBytes: number
  /** Called when something can be polled. */
  onData: () => void = () => {}
  /** Called when a full channel has room again. */
  onSpace: () => void = () => {}
  queuedBytes = 0
  #elements: StreamElement[] = []
  #head = 0
  readonly #debloat: LocalDebloating | undefined
  /** Of the last batch that was polled. */
  #rowBytes = ASSUMED_ROW_BYTES

  constructor(limitBytes: number, debloat?: LocalDebloating) {
    this.limitBytes = debloat?.debloater.limitBytes ?? limitBytes
    this.#debloat = debloat
  }

  /** As ChannelProducer has it: half of what the limit stands for, if it follows the consumer. */
  get batchRows(): number | undefined {
    return this.#debloat === undefined ? undefined : Math.max(1, Math.floor(this.limitBytes / 2 / this.#rowBytes))
  }

  get estimatedTimeToConsumeMs(): number {
    const rate = this.#debloat?.debloater.bytesPerMs ?? 0
    return rate === 0 ? 0 : this.queuedBytes / rate
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
    if (element === undefined) {
      this.#debloat?.debloater.idle(this.#debloat.clock.now())
      return undefined
    }
    this.#head++
    if (this.#head === this.#elements.length) {
      this.#elements = []
      this.#head = 0
    }
    if (element.kind === 'records') {
      const wasFull = !this.isAvailable
      this.queuedBytes -= element.bytes
      if (this.#debloat !== undefined) {
        this.#debloat.debloater.consumed(element.bytes, this.#debloat.clock.now())
        this.limitBytes = this.#debloat.debloater.limitBytes
        this.#rowBytes = element.bytes / element.values.length
      }
      if (wasFull && this.isAvailable) this.onSpace()
    }
    return element
  }
}
