import { AsyncRequest } from './async-request.ts'
import { Fifo } from './fifo.ts'
import type { Control, QueueTarget, RequestQueue } from './request-queue.ts'

/** Everything leaves in order of arrival. */
export class OrderedQueue implements RequestQueue {
  size = 0
  readonly #entries: Fifo<AsyncRequest | Control> = new Fifo()

  add(request: AsyncRequest): void {
    this.#entries.push(request)
    this.size++
  }

  addControl(control: Control): void {
    this.#entries.push(control)
  }

  drain(target: QueueTarget): void {
    for (let first = this.#entries.peek(); first !== undefined; first = this.#entries.peek()) {
      if (first instanceof AsyncRequest) {
        if (!first.done) return
        this.#entries.shift()
        this.size--
        target.request(first)
      } else {
        this.#entries.shift()
        target.control(first)
      }
    }
  }

  entries(): Iterable<AsyncRequest | Control> {
    return this.#entries
  }
}
