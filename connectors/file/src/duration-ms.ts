import { MillraceError } from '@millrace/core/spi'
import type { Duration } from '@millrace/core'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a positive duration. Throws FILE_BAD_OPTION naming `option`. */
export function durationMs(option: string, duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|min|h|d)$/.exec(duration)
  const result = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)
  if (result > 0) return result
  throw new MillraceError('FILE_BAD_OPTION', `Expected ${option} to be a duration above zero such as '10s' or '1min', found '${duration}'`, { origin: 'user' })
}
