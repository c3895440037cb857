import type { AsyncRequest } from './async-request.ts'
import { Fifo } from './fifo.ts'
import type { Control, QueueTarget, RequestQueue } from './request-queue.ts'

/** Requests that may leave in any order, and the control that follows them. */
interface Segment {
  readonly requests: Set<AsyncRequest>
  readonly done: Fifo<AsyncRequest>
  /** Undefined: still open. */
  control: Control | undefined
}

/** Requests leave as they are done, but never across a control. */
export class UnorderedQueue implements RequestQueue {
  size = 0
  readonly #segments: Fifo<Segment> = new Fifo()
  #last: Segment = newSegment()

  constructor() {
    this.#segments.push(this.#last)
  }

  add(request: AsyncRequest): void {
    const { requests, done } = this.#last
    requests.add(request)
    request.onDone = () => done.push(request)
    this.size++
  }

  addControl(control: Control): void {
    this.#last.control = control
    this.#last = newSegment()
    this.#segments.push(this.#last)
  }

  drain(target: QueueTarget): void {
    for (let first = this.#segments.peek(); first !== undefined; first = this.#segments.peek()) {
      for (let request = first.done.shift(); request !== undefined; request = first.done.shift()) {
        first.requests.delete(request)
        this.size--
        target.request(request)
      }
      if (first.control === undefined || first.requests.size > 0) return
      this.#segments.shift()
      target.control(first.control)
    }
  }

  *entries(): Generator<AsyncRequest | Control> {
    for (const { requests, control } of this.#segments) {
      yield* requests
      if (control !== undefined) yield control
    }
  }
}

function newSegment(): Segment {
  return { requests: new Set(), done: new Fifo(), control: undefined }
}
