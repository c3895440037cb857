import { MillraceError } from '../errors.ts'
import type { Duration, DurationUnit } from './duration.ts'

const UNIT_MS: Readonly<Record<DurationUnit, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/

/**
 * The milliseconds of a duration: a whole number from 0 to 2^53 − 1. Fractions are allowed where they give whole
 * milliseconds (`'1.5s'`). Throws CORE_INVALID_DURATION otherwise.
 */
export function durationMs(duration: Duration): number {
  const match = typeof duration === 'string' ? PATTERN.exec(duration) : null
  if (match === null) throw invalid(duration)
  const durationInMs = Number(match[1]) * UNIT_MS[match[2] as DurationUnit]
  // 1.1 * 1000 is 1100.0000000000002: what rounds to itself within a billionth is meant to be whole
  const wholeMs = Math.round(durationInMs)
  if (!Number.isSafeInteger(wholeMs) || Math.abs(durationInMs - wholeMs) > 1e-9 * Math.max(1, wholeMs)) throw invalid(duration)
  return wholeMs
}

function invalid(duration: unknown): MillraceError {
  const found = typeof duration === 'string' ? `'${duration}'` : String(duration)
  const message = `expected a duration of whole milliseconds such as '500ms', '10s', '15min', '6h' or '1d', found ${found}`
  return new MillraceError('CORE_INVALID_DURATION', message, { origin: 'user' })
}
