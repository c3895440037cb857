import type { AsyncRequest } from './async-request.ts'

/** What must not be overtaken: it leaves when all before it has. */
export type Control = { readonly kind: 'watermark'; readonly timestamp: number } | { readonly kind: 'status'; readonly idle: boolean }

export interface QueueTarget {
  /** A request that is done leaves. */
  request(request: AsyncRequest): void
  control(control: Control): void
}

/** Requests and controls in order of arrival. Requests leave when they are done: in that order, or in any between two controls. */
export interface RequestQueue {
  /** Requests in it. */
  readonly size: number
  add(request: AsyncRequest): void
  addControl(control: Control): void
  /** Lets everything leave that may. What `target` throws leaves the rest in place. */
  drain(target: QueueTarget): void
  /** What has not left, in order of arrival. */
  entries(): Iterable<AsyncRequest | Control>
}
