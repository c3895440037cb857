import { describeError, MillraceError } from '@millrace/core/spi'
import type { S3Config } from '../s3-options.ts'
import { retryDelayMs } from './retry-delay.ts'
import { sdkErrorName, toS3Error } from './s3-error.ts'
import type { Attempted } from './s3-error.ts'
import { loadSdk } from './s3-sdk.ts'
import type { LoadedSdk } from './s3-sdk.ts'

/** What one file system has asked of its store so far. */
export interface S3Statistics {
  /** Attempts, of which `retries` were repetitions. */
  requests: number
  retries: number
  /** Of object contents; those of failed attempts count. */
  bytesRead: number
  bytesWritten: number
}

export interface S3Request<R> extends Attempted {
  /** Content sent or expected, in bytes: large ones get more time. */
  readonly bytes?: number
  readonly signal?: AbortSignal
  /** One attempt. What it awaits must end when `signal` aborts. */
  run(loaded: LoadedSdk, signal: AbortSignal): Promise<R>
}

/** Sends requests, again if that can help, and turns what fails into MillraceErrors. */
export class S3Requests {
  readonly config: S3Config
  /** Those that have answered: a missing object in one of them is a missing object. */
  readonly knownBuckets: Set<string> = new Set<string>()
  readonly statistics: S3Statistics = { requests: 0, retries: 0, bytesRead: 0, bytesWritten: 0 }
  #loading: Promise<LoadedSdk> | undefined

  constructor(config: S3Config) {
    this.config = config
  }

  send<R>(request: S3Request<R>): Promise<R> {
    return this.#repeat(request, () => this.statistics.requests++)
  }

  /** Goes on with the answer to an earlier request: `run` counts the requests that it has to send for that. */
  proceed<R>(request: S3Request<R>): Promise<R> {
    return this.#repeat(request, () => {})
  }

  async #repeat<R>(request: S3Request<R>, count: () => void): Promise<R> {
    const { maxAttempts, random, logger } = this.config
    const loaded = await (this.#loading ??= loadSdk(this.config))
    let skewed = false
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted()
      try {
        count()
        return await this.#attempt(loaded, request)
      } catch (error) {
        request.signal?.throwIfAborted()
        const failure = toS3Error(error, request)
        // The SDK has learnt the difference of the clocks from the answer, and signs with it from now on.
        const firstSkew: boolean = failure.code === 'S3_CLOCK_SKEW' && !skewed
        if (firstSkew) skewed = true
        if (!failure.retryable && !firstSkew) throw failure
        if (attempt >= maxAttempts) throw exhausted(failure, attempt)
        this.statistics.retries++
        const delayMs = retryDelayMs(attempt, random)
        logger?.warn({ path: request.path, attempt, delayMs: Math.round(delayMs), error: describeError(failure) }, 'a request to the object store failed; trying again')
        await this.#pause(delayMs, request.signal)
      }
    }
  }

  async #attempt<R>(loaded: LoadedSdk, request: S3Request<R>): Promise<R> {
    const { clock, requestTimeoutMs } = this.config
    const limitMs = requestTimeoutMs + Math.ceil((request.bytes ?? 0) / 1024)
    const attempt = new AbortController()
    const stop = (): void => attempt.abort()
    let late = false
    const cancel = clock.schedule(limitMs, () => {
      late = true
      stop()
    })
    request.signal?.addEventListener('abort', stop)
    try {
      return await request.run(loaded, attempt.signal)
    } catch (error) {
      if (!late || sdkErrorName(error) === 'PreconditionFailed') throw error
      throw timedOut(request, limitMs, error)
    } finally {
      cancel()
      request.signal?.removeEventListener('abort', stop)
    }
  }

  #pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel()
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = this.config.clock.schedule(delayMs, wake)
      signal?.addEventListener('abort', wake)
    })
  }
}

function timedOut({ doing, path }: Attempted, limitMs: number, cause: unknown): MillraceError {
  const message = `Cannot ${doing} ${path}: the store did not answer within ${limitMs} ms; check the network, or raise requestTimeout of s3FileSystem`
  return new MillraceError('FS_IO', message, { origin: 'external', retryable: true, at: { file: path }, cause })
}

function exhausted(failure: MillraceError, attempts: number): MillraceError {
  const { code, origin, retryable, at } = failure
  return new MillraceError(code, `${failure.message}; tried ${attempts} times`, { origin, retryable, at, cause: failure.cause })
}
