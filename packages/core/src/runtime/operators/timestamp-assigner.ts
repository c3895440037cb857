import { MillraceError } from '../../errors.ts'
import type { WatermarkStrategy } from '../../functions/watermark-strategy.ts'
import { describeRecord } from './describe-record.ts'

/** The timestamp of a record under a strategy; without a function the one it came with. Throws CORE_INVALID_TIMESTAMP. */
export function timestampAssigner(strategy: WatermarkStrategy<never>): (value: unknown, timestamp: number) => number {
  const assign = strategy.timestamp as ((value: unknown, timestamp: number) => number) | undefined
  if (assign === undefined) return (_value, timestamp) => timestamp
  return (value, timestamp) => {
    const assigned = assign(value, timestamp)
    if (Number.isSafeInteger(assigned)) return assigned
    const message = `expected the timestamp function to return whole epoch milliseconds, found ${describeRecord(assigned)}; use Date.getTime(), or Math.trunc for fractions`
    throw new MillraceError('CORE_INVALID_TIMESTAMP', message, { origin: 'user' })
  }
}
