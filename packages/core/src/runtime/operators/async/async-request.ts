import { MillraceError } from '../../../errors.ts'
import type { AsyncContext } from '../../../functions/async-function.ts'
import type { AsyncMapSpec } from '../../../graph/operator-spec.ts'

/** What a request needs of its operator. */
export interface RequestHost {
  readonly spec: AsyncMapSpec
  sleep(delayMs: number): Promise<void>
  /** A request is done, from now on with a result or an error. Called outside messages. */
  settled(): void
}

/** The calls for one record, from the first to the result or the error that counts. */
export class AsyncRequest implements AsyncContext {
  readonly value: unknown
  readonly timestamp: number
  result: unknown
  error: unknown
  done = false
  failed = false
  /** When it fails for taking too long, in processing time, if there is a timeout. */
  deadline: number = Infinity
  onDone: () => void = () => {}
  readonly #host: RequestHost
  #abort: AbortController | undefined

  constructor(value: unknown, timestamp: number, host: RequestHost) {
    this.value = value
    this.timestamp = timestamp
    this.#host = host
  }

  /** Made when it is asked for: most functions do not. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.done) this.#abort.abort()
    return this.#abort.signal
  }

  start(): void {
    this.#call(1)
  }

  timeOut(): void {
    if (this.done) return
    const { onTimeout, timeoutMs } = this.#host.spec
    if (onTimeout === undefined) {
      this.#fail(new MillraceError('CORE_ASYNC_TIMEOUT', `expected an answer within ${timeoutMs} ms, found none; raise the timeout, or give the record a result with onTimeout`, { origin: 'user' }))
    } else {
      try {
        this.#succeed((onTimeout as (value: unknown) => unknown)(this.value))
      } catch (error) {
        this.#fail(error)
      }
    }
    this.#abort?.abort()
  }

  /** Forgets it: it never leaves, and its function is told that nobody waits any more. */
  cancel(): void {
    this.done = true
    this.#abort?.abort()
  }

  #call(attempt: number): void {
    if (this.done) return
    const { request } = this.#host.spec
    let call: Promise<unknown>
    try {
      call = Promise.resolve((request as (value: unknown, context: AsyncContext) => Promise<unknown>)(this.value, this))
    } catch (error) {
      call = Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
    void call.then(
      (result) => this.#succeed(result),
      (error: unknown) => this.#tryAgain(error, attempt),
    )
  }

  #tryAgain(error: unknown, attempt: number): void {
    const { retry } = this.#host.spec
    if (retry === undefined || attempt >= retry.attempts || !wants(retry.when, error)) {
      this.#fail(error)
      return
    }
    const delayMs = Math.min(retry.maxBackoffMs, retry.backoffMs * 2 ** (attempt - 1))
    void this.#host.sleep(delayMs).then(() => this.#call(attempt + 1))
  }

  #succeed(result: unknown): void {
    if (this.done) return
    this.result = result
    this.#finish()
  }

  #fail(error: unknown): void {
    if (this.done) return
    this.error = error
    this.failed = true
    this.#finish()
  }

  #finish(): void {
    this.done = true
    this.onDone()
    this.#host.settled()
  }
}

/** A predicate that throws has found nothing to try again. */
function wants(when: ((error: unknown) => boolean) | undefined, error: unknown): boolean {
  try {
    return when?.(error) ?? true
  } catch {
    return false
  }
}
