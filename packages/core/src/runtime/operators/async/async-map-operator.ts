import type { OperatorListState } from '../../../functions/process-function.ts'
import type { AsyncMapSpec } from '../../../graph/operator-spec.ts'
import type { StreamNode } from '../../../graph/stream-graph.ts'
import { generic } from '../../../types/generic-type.ts'
import { int, long } from '../../../types/number-types.ts'
import { row } from '../../../types/row-type.ts'
import { boolean } from '../../../types/simple-types.ts'
import type { TypeInformation } from '../../../types/type-information.ts'
import { type RateLimiter, subtaskRateLimiter } from '../../time/rate-limiter.ts'
import type { OperatorContext, StreamOperator } from '../stream-operator.ts'
import { UserErrors } from '../user-errors.ts'
import { AsyncRequest, type RequestHost } from './async-request.ts'
import { Fifo } from './fifo.ts'
import { OrderedQueue } from './ordered-queue.ts'
import type { Control, QueueTarget, RequestQueue } from './request-queue.ts'
import { UnorderedQueue } from './unordered-queue.ts'

/** What had not left the operator at a checkpoint: a record, or a watermark that waited behind records. */
interface SavedEntry {
  readonly isRecord: boolean
  readonly value: unknown
  readonly timestamp: number
  /** At another parallelism records move between subtasks, and the watermark of one says nothing about another. */
  readonly parallelism: number
}

/**
 * Asynchronous calls, many at a time. Whatever has not left the operator — in flight, waiting to be called, done but waiting
 * for its turn — is part of the checkpoint, and called again after a restore before anything new. Input stops while the queue
 * is at its capacity; records of the batch that reached it wait without a call.
 */
export class AsyncMapOperator implements StreamOperator {
  readonly #spec: AsyncMapSpec
  readonly #context: OperatorContext
  readonly #errors: UserErrors
  readonly #queue: RequestQueue
  readonly #saved: OperatorListState<SavedEntry>
  /** In order of arrival; called when there is room. */
  readonly #waiting: Fifo<AsyncRequest> = new Fifo()
  /** Called, in order of their deadlines, which is that of their calls. Only kept where there is a timeout. */
  #deadlines: AsyncRequest[] = []
  /** Called and not gone. */
  #called = 0
  #draining = false
  #watching = false
  /** Resolves when a request is done. */
  #news = Promise.withResolvers<void>()
  readonly #host: RequestHost
  readonly #limiter: RateLimiter | undefined
  /** Waits until the rate allows another call. */
  #throttled = false

  readonly #target: QueueTarget

  constructor(node: StreamNode, context: OperatorContext, spec: AsyncMapSpec) {
    this.#spec = spec
    this.#context = context
    this.#errors = new UserErrors(node, context)
    const { maxRequestsPerSecond } = spec
    if (maxRequestsPerSecond !== undefined) this.#limiter = subtaskRateLimiter(maxRequestsPerSecond, context.parallelism, context.now())
    this.#host = { spec, sleep: (delayMs) => context.sleep(delayMs), settled: () => this.#settled() }
    this.#queue = spec.ordered ? new OrderedQueue() : new UnorderedQueue()
    const valueType = ((spec.inputType ?? generic()) as TypeInformation<unknown>).nullable()
    this.#saved = context.operatorState.list('async-requests', row({ isRecord: boolean(), value: valueType, timestamp: long(), parallelism: int() }), 'split')
    this.#target = {
      request: (request) => {
        this.#called--
        if (request.failed) this.#errors.handle(request.error, request.value, request.timestamp)
        else context.output.collect(request.result, request.timestamp)
      },
      control: (control) => {
        if (control.kind === 'watermark') context.output.emitWatermark(control.timestamp)
        else context.output.emitStatus(control.idle)
      },
    }
    context.signal.addEventListener('abort', () => this.#cancel(), { once: true })
    context.metrics.gauge('numAsyncRequests', () => this.#queue.size)
  }

  open(): void {
    for (const { isRecord, value, timestamp, parallelism } of this.#saved.get()) {
      if (isRecord) this.processElement(value, timestamp)
      else if (parallelism === this.#context.parallelism) this.processWatermark(timestamp)
    }
  }

  processElement(value: unknown, timestamp: number): void {
    const request = new AsyncRequest(value, timestamp, this.#host)
    this.#queue.add(request)
    this.#waiting.push(request)
    this.#callMore()
  }

  processWatermark(timestamp: number): void {
    this.#addControl({ kind: 'watermark', timestamp })
  }

  processStatus(idle: boolean): void {
    this.#addControl({ kind: 'status', idle })
  }

  ready(): Promise<void> | undefined {
    return this.#queue.size < this.#spec.capacity || this.#draining ? undefined : this.#news.promise
  }

  async finish(): Promise<void> {
    while (this.#queue.size > 0 && !this.#context.signal.aborted) {
      if (!this.#draining) await this.#news.promise
      this.#drain()
    }
  }

  snapshot(): void {
    const { parallelism } = this.#context
    const saved: SavedEntry[] = []
    for (const entry of this.#queue.entries()) {
      if (entry instanceof AsyncRequest) saved.push({ isRecord: true, value: entry.value, timestamp: entry.timestamp, parallelism })
      else if (entry.kind === 'watermark') saved.push({ isRecord: false, value: null, timestamp: entry.timestamp, parallelism })
    }
    this.#saved.update(saved)
  }

  /** Of a request, at any time: what is done leaves in a message of its own. */
  #settled(): void {
    if (!this.#draining) {
      this.#draining = true
      this.#context.enqueue(() => {
        if (this.#draining) this.#drain()
      })
    }
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  #addControl(control: Control): void {
    this.#queue.addControl(control)
    if (this.#queue.size === 0) this.#drain()
  }

  #callMore(): void {
    const { capacity, timeoutMs } = this.#spec
    while (this.#called < capacity && this.#mayCall()) {
      const request = this.#waiting.shift()
      if (request === undefined) return
      this.#called++
      request.start()
      if (timeoutMs !== undefined) this.#watch(request, timeoutMs)
    }
  }

  #mayCall(): boolean {
    if (this.#limiter === undefined) return true
    if (this.#throttled || this.#waiting.length === 0) return false
    if (this.#limiter.available(this.#context.now()) > 0) {
      this.#limiter.take(1)
      return true
    }
    this.#throttled = true
    void this.#context.sleep(this.#limiter.waitMs()).then(() => {
      this.#throttled = false
      if (!this.#context.signal.aborted) this.#callMore()
    })
    return false
  }

  #watch(request: AsyncRequest, timeoutMs: number): void {
    request.deadline = this.#context.now() + timeoutMs
    // those that are done leave before their deadline, or a long timeout would keep every record for its length
    if (this.#deadlines.length >= 2 * this.#spec.capacity) this.#deadlines = this.#deadlines.filter(({ done }) => !done)
    this.#deadlines.push(request)
    if (!this.#watching) void this.#watchDeadlines()
  }

  /** Sleeps from deadline to deadline while there is one. */
  async #watchDeadlines(): Promise<void> {
    this.#watching = true
    for (let next = this.#deadlines.shift(); next !== undefined; next = this.#deadlines.shift()) {
      if (next.done) continue
      await this.#context.sleep(Math.max(0, next.deadline - this.#context.now()))
      if (this.#context.signal.aborted) return
      next.timeOut()
    }
    this.#watching = false
  }

  /** The attempt has ended: nobody waits for what is under way. */
  #cancel(): void {
    for (const entry of this.#queue.entries()) if (entry instanceof AsyncRequest) entry.cancel()
    this.#news.resolve()
  }

  #drain(): void {
    this.#draining = false
    // what was cancelled is no result
    if (this.#context.signal.aborted) return
    this.#queue.drain(this.#target)
    this.#callMore()
  }
}
