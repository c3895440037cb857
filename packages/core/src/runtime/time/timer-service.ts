import type { TimeDomain } from '../../functions/process-function.ts'
import type { KeyedStateBackend, Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import type { TimerQueue } from '../../spi/timer-queue.ts'

export interface TimerTarget {
  /** Called with the timer removed. May register and delete timers; those that are already due fire in the same run. */
  onTimer(domain: TimeDomain, timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): void
  scheduleProcessingTime(timestamp: number): void
}

/** Event-time and processing-time timers of one operator, per (key, namespace, timestamp), in order of timestamps. */
export class TimerService {
  readonly event: TimerQueue
  readonly processing: TimerQueue
  readonly #target: TimerTarget
  /** The input has ended: nobody waits for processing time any more. */
  #ended = false

  constructor(backend: KeyedStateBackend, target: TimerTarget) {
    this.event = backend.timers('event')
    this.processing = backend.timers('processing')
    this.#target = target
  }

  /** After a restore: asks for the processing time that the restored timers wait for. */
  open(): void {
    this.#schedule()
  }

  registerProcessing(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): void {
    if (this.#ended) return
    const earliest = this.processing.peek()
    if (this.processing.add(timestamp, keyGroup, key, namespace) && timestamp < earliest) this.#target.scheduleProcessingTime(timestamp)
  }

  /** Fires event-time timers ≤ `watermark`, at most `limit`; true when none is left. */
  fireEvent(watermark: number, limit: number): boolean {
    return this.#fire(this.event, 'event', watermark, limit)
  }

  /** Fires processing-time timers ≤ `now` and asks for the next. */
  fireProcessing(now: number): void {
    this.#fire(this.processing, 'processing', now, Infinity)
    this.#schedule()
  }

  /** At the end of input: fires the processing-time timers still pending, early. Timers registered meanwhile are given up. */
  firePending(): void {
    this.#ended = true
    this.#fire(this.processing, 'processing', Infinity, Infinity)
  }

  #fire(queue: TimerQueue, domain: TimeDomain, upTo: number, limit: number): boolean {
    for (let fired = 0; fired < limit; fired++) {
      if (!queue.poll(upTo)) return true
      this.#target.onTimer(domain, queue.timestamp, queue.keyGroup, queue.key, queue.namespace)
    }
    return queue.peek() > upTo
  }

  #schedule(): void {
    const earliest = this.processing.peek()
    if (earliest < Infinity) this.#target.scheduleProcessingTime(earliest)
  }
}
