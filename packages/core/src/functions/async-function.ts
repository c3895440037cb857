import type { Duration } from '../types/duration.ts'

export interface AsyncContext {
  /** Aborted when the request has timed out or the attempt of the job ends. */
  readonly signal: AbortSignal
}

/** One request for a record, such as to a service or a database. Called up to `capacity` times before the first has ended. */
export type AsyncFunction<in T, out R> = (value: T, context: AsyncContext) => Promise<R>

export interface AsyncRetry {
  /** Calls for one record, the first one included; at least 1. */
  readonly attempts: number
  /** Before the second call; twice as long before each further one. */
  readonly backoff: Duration
  /** Upper bound of the wait. Default 1 min. */
  readonly maxBackoff?: Duration
  /** Whether to try again after this error. Default: always. */
  readonly when?: (error: unknown) => boolean
}

export interface AsyncOptions<in T, out R> {
  /** True (default): results in the order of their records. False: each as soon as it is there, but never across a watermark. */
  readonly ordered?: boolean
  /** Records that may be in flight per subtask, or done and waiting for their turn; when it is reached input waits. Default 100. */
  readonly capacity?: number
  /** For all calls for one record together. Default: none. A record that takes longer fails with CORE_ASYNC_TIMEOUT. */
  readonly timeout?: Duration
  /** Gives the result of a record that timed out instead of failing. */
  readonly onTimeout?: (value: T) => R
  readonly retry?: AsyncRetry
  /** Records for which a call begins, over all subtasks; retries are not counted. Default: no limit. */
  readonly maxRequestsPerSecond?: number
}
