import { MillraceError } from '../errors.ts'

/** Throws CORE_INVALID_RATE. */
export function checkedRate(what: string, perSecond: number): number {
  if (Number.isFinite(perSecond) && perSecond > 0) return perSecond
  throw new MillraceError('CORE_INVALID_RATE', `expected ${what} above 0 a second, found ${perSecond}`, { origin: 'user' })
}
