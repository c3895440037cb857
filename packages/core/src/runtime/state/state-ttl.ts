import { MillraceError } from '../../errors.ts'
import type { StateTtl } from '../../functions/state-descriptor.ts'
import { durationMs } from '../../types/duration-ms.ts'

/** How long the entries of one state live, and by which clock. */
export interface TtlPolicy {
  readonly afterMs: number
  readonly refreshOnRead: boolean
  now(): number
}

/** A value and when it was last written, or read where that counts too. */
export class Stamped<V> {
  value: V
  stampMs: number

  constructor(value: V, stampMs: number) {
    this.value = value
    this.stampMs = stampMs
  }
}

/** Throws STATE_INVALID_TTL. */
export function ttlPolicy(stateName: string, ttl: StateTtl, now: () => number): TtlPolicy {
  const afterMs = durationMs(ttl.after)
  if (afterMs === 0) {
    throw new MillraceError('STATE_INVALID_TTL', `State '${stateName}' expects a ttl of at least '1ms', found '${ttl.after}'; leave the ttl out for state that never expires`, { origin: 'user' })
  }
  return { afterMs, refreshOnRead: ttl.update === 'readAndWrite', now }
}

export function isExpired(stampMs: number, { afterMs }: TtlPolicy, nowMs: number): boolean {
  return stampMs + afterMs <= nowMs
}
