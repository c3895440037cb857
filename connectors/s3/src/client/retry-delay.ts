const BASE_MS = 100
const MAX_MS = 20_000

/**
 * How long to wait before the next attempt: exponential backoff with full jitter, at least a tenth of the whole, so that a
 * throttled store is never asked again at once (the method of the AWS architecture blog's "Exponential Backoff And Jitter").
 * @param attempt of the attempt that failed, from 1.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** (attempt - 1))
  return ceiling * (0.1 + 0.9 * random())
}
