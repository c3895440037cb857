import type { AsyncRequest } from './async-request.ts'

/** What must not be overtaken: it leaves when all before it has. */
export type Control = { readonly kind: 'watermark'; readonly timestamp: number } | { readonly kind: 'status'; readonly idle: boolean }

/** Requests that may leave in any order, and the control that follows them. */
interface Segment {
  readonly requests: Set<AsyncRequest>
  readonly done: AsyncRequest[]
  control: Control | undefined
  closed: boolean
}

export interface QueueTarget {
  /** A request that is done leaves. */
  request(request: AsyncRequest): void
  control(control: Control): void
}

/**
 * Requests and controls in order of arrival. Requests leave when they are done: in order, or in any order between two
 * controls. An ordered queue is an unordered one with a boundary after every request.
 */
export class AsyncQueue {
  /** Requests in it. */
  size = 0
  readonly #ordered: boolean
  readonly #segments: Segment[] = [newSegment()]

  constructor(ordered: boolean) {
    this.#ordered = ordered
  }

  add(request: AsyncRequest): void {
    const last = this.#segments.at(-1) as Segment
    last.requests.add(request)
    request.onDone = () => last.done.push(request)
    this.size++
    if (this.#ordered) this.#close(undefined)
  }

  addControl(control: Control): void {
    this.#close(control)
  }

  /** Lets everything leave that may. What `target` throws leaves the rest in place. */
  drain(target: QueueTarget): void {
    for (;;) {
      const first = this.#segments[0] as Segment
      for (let request = first.done.shift(); request !== undefined; request = first.done.shift()) {
        first.requests.delete(request)
        this.size--
        target.request(request)
      }
      if (!first.closed || first.requests.size > 0) return
      this.#segments.shift()
      if (first.control !== undefined) target.control(first.control)
    }
  }

  /** What has not left, in order of arrival. */
  *entries(): Generator<AsyncRequest | Control> {
    for (const { requests, control } of this.#segments) {
      yield* requests
      if (control !== undefined) yield control
    }
  }

  #close(control: Control | undefined): void {
    const last = this.#segments.at(-1) as Segment
    last.control = control
    last.closed = true
    this.#segments.push(newSegment())
  }
}

function newSegment(): Segment {
  return { requests: new Set(), done: [], control: undefined, closed: false }
}
