import type { MillraceError } from '@millrace/core/spi'
import type { RetryOptions } from '../cluster/retrying.ts'
import type { ProducerOptions } from '../record-producer.ts'

/** What a producer is trying again. It is told as one: its end when nothing is left. `what` is anything that identifies an attempt. */
export interface Troubles {
  begin(what: unknown, error: MillraceError, attempt: number): void
  end(what: unknown): void
  endAll(): void
  /** For a step of this name that repeats itself for so long. */
  retry(step: string, timeoutMs: number): Partial<RetryOptions>
}

export function createTroubles({ onRetry, onRecovered }: ProducerOptions): Troubles {
  const ongoing = new Set<unknown>()
  const troubles: Troubles = {
    begin(what, error, attempt) {
      ongoing.add(what)
      onRetry?.(error, attempt)
    },
    end(what) {
      if (ongoing.delete(what) && ongoing.size === 0) onRecovered?.()
    },
    endAll() {
      if (ongoing.size > 0) onRecovered?.()
      ongoing.clear()
    },
    retry: (step, timeoutMs) => ({ timeoutMs, onRetry: (error, attempt) => troubles.begin(step, error, attempt) }),
  }
  return troubles
}
