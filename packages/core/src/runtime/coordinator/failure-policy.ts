import { MillraceError } from '../../errors.ts'
import type { Clock } from '../time/clock.ts'
import type { CheckpointStatistics } from './checkpoint-statistics.ts'
import { createRestartBackoff, type RestartBackoff, type RestartPolicy } from './restart-backoff.ts'

/** What to do about a failure: try again after a while, or let the job fail with this error. */
export type FailureDecision = { readonly restartInMs: number } | { readonly giveUp: MillraceError }

export interface FailurePolicyOptions {
  readonly restart: RestartPolicy
  readonly random: () => number
  readonly clock: Clock
  readonly statistics: CheckpointStatistics
}

/** Decides about all failures of a job, those of single regions too: they share one backoff. */
export class FailurePolicy {
  readonly #options: FailurePolicyOptions
  readonly #backoff: RestartBackoff
  #previous: string | undefined
  #completedBefore = 0

  constructor(options: FailurePolicyOptions) {
    this.#options = options
    this.#backoff = createRestartBackoff(options.restart, options.random)
  }

  /** To be called once for each failure. `ran`: everything had been restored and opened before. */
  decide(error: MillraceError, ran: boolean): FailureDecision {
    const { restart, clock, statistics } = this.#options
    const progress = statistics.numberOfCompleted > this.#completedBefore
    this.#completedBefore = statistics.numberOfCompleted
    const signature = signatureOf(error)
    const repeated = signature === this.#previous && !progress
    this.#previous = signature
    const hopeless = !error.retryable && (repeated || !ran)
    const delayMs = hopeless ? undefined : this.#backoff.next(clock.now())
    if (delayMs !== undefined) return { restartInMs: delayMs }
    return { giveUp: repeated && restart.kind !== 'none' ? repeatedFailure(error) : error }
  }
}

function signatureOf(error: MillraceError): string {
  const { operator, uid, record, key, file, offset } = error.at
  return JSON.stringify([error.code, operator, uid, record, key, file, offset])
}

function repeatedFailure(error: MillraceError): MillraceError {
  return new MillraceError(error.code, `${error.message}. It failed in the same way again after a restart, so the job stops; fix the cause and resume from the last checkpoint`, {
    origin: error.origin,
    at: error.at,
    cause: error.cause ?? error,
  })
}
