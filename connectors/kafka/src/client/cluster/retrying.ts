import { MillraceError } from '@millrace/core/spi'
import { setTimeout as sleep } from 'node:timers/promises'

export interface RetryOptions {
  readonly signal: AbortSignal
  /** No further attempt is begun after so long. */
  readonly timeoutMs: number
  readonly onRetry?: ((error: MillraceError, attempt: number) => void) | undefined
}

const FIRST_BACKOFF_MS = 20
const LONGEST_BACKOFF_MS = 1000

/** Grows from 20 ms to a second, and is spread so that many clients of a broker that comes back do not come at once. */
export function backoffMs(attempt: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2)
}

/** Calls `attempt` until it succeeds, fails with an error that is not retryable, or the time is up: then with its last error. */
export async function retrying<T>({ signal, timeoutMs, onRetry }: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs
  for (let count = 1; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      if (!MillraceError.is(error) || !error.retryable || signal.aborted || performance.now() > deadlineMs) throw error
      onRetry?.(error, count)
    }
    await sleep(backoffMs(count), undefined, { signal }).catch(() => {
      throw closedError()
    })
  }
}

export function closedError(): MillraceError {
  return new MillraceError('KAFKA_CLOSED', 'The Kafka client was closed while this was under way.', { origin: 'engine' })
}
