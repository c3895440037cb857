/** When to try again after a failure; the rules of Flink's restart strategies. All durations in ms. */
export type RestartPolicy =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixedDelay'; readonly attempts: number; readonly delayMs: number }
  | { readonly kind: 'failureRate'; readonly maxFailures: number; readonly withinMs: number; readonly delayMs: number }
  | {
      readonly kind: 'exponentialDelay'
      readonly initialDelayMs: number
      readonly maxDelayMs: number
      readonly multiplier: number
      readonly jitter: number
      readonly resetAfterMs: number
      readonly attempts: number
    }

export interface RestartBackoff {
  /** To be called at each failure: how long to wait before the next attempt, or undefined to give up. */
  next(nowMs: number): number | undefined
}

/** `random` returns [0, 1). */
export function createRestartBackoff(policy: RestartPolicy, random: () => number): RestartBackoff {
  switch (policy.kind) {
    case 'none':
      return { next: () => undefined }
    case 'fixedDelay': {
      let failures = 0
      return { next: () => (failures++ < policy.attempts ? policy.delayMs : undefined) }
    }
    case 'failureRate': {
      let failuresMs: number[] = []
      return {
        next(nowMs) {
          failuresMs = [...failuresMs.filter((failedMs) => nowMs - failedMs < policy.withinMs), nowMs]
          return failuresMs.length <= policy.maxFailures ? policy.delayMs : undefined
        },
      }
    }
    case 'exponentialDelay':
      return exponentialDelay(policy, random)
  }
}

function exponentialDelay(policy: Extract<RestartPolicy, { kind: 'exponentialDelay' }>, random: () => number): RestartBackoff {
  let delayMs = policy.initialDelayMs
  let attempts = 0
  let lastFailureMs: number | undefined
  return {
    next(nowMs) {
      if (lastFailureMs !== undefined && nowMs - lastFailureMs - delayMs >= policy.resetAfterMs) {
        delayMs = policy.initialDelayMs
        attempts = 0
      } else if (lastFailureMs !== undefined) {
        delayMs = Math.min(delayMs * policy.multiplier, policy.maxDelayMs)
      }
      lastFailureMs = nowMs
      if (attempts++ >= policy.attempts) return undefined
      return Math.round(delayMs * (1 + policy.jitter * (2 * random() - 1)))
    },
  }
}
