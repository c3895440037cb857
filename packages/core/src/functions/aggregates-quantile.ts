import { MillraceError } from '../errors.ts'
import { list } from '../types/collection-types.ts'
import { double } from '../types/number-types.ts'
import type { AggregateFunction } from './aggregate-function.ts'

/**
 * The exact q-quantile with linear interpolation, 0 ≤ q ≤ 1: of n values sorted ascending as v[0] … v[n−1], with
 * p = q·(n−1), i = ⌊p⌋ and j = ⌈p⌉, it is v[i] + (v[j] − v[i])·(p − i). This is SQL's `percentile_cont`, DuckDB's
 * `quantile_cont`, NumPy's and R's default (type 7 of Hyndman and Fan, 1996). q = 0.5 is the median.
 *
 * Nulls are left out; NaN sorts last. The accumulator holds every value of the window: about 8 to 16 bytes each in memory
 * and 9 in a snapshot, sorted once per result.
 */
export function quantile<T, N extends number | null>(f: (value: T) => N, q: number): AggregateFunction<T, number[], number | Extract<N, null>> {
  if (!(q >= 0 && q <= 1)) {
    throw new MillraceError('CORE_INVALID_QUANTILE', `expected a quantile from 0 to 1 (0.95 for the 95th percentile), found ${q}`, { origin: 'user' })
  }
  return {
    name: `quantile(${q})`,
    accumulatorType: list(double()),
    resultType: double().nullable(),
    createAccumulator: () => [],
    add(value, accumulator) {
      const number = f(value)
      if (number !== null) accumulator.push(number)
      return accumulator
    },
    getResult: (accumulator) => (accumulator.length === 0 ? (null as Extract<N, null>) : interpolate(Float64Array.from(accumulator).sort(), q)),
    merge(a, b) {
      for (const value of b) a.push(value)
      return a
    },
  }
}

function interpolate(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.ceil(position)] as number
  // ∞ − ∞ would make a NaN of two equal neighbours
  return low === high ? low : low + (high - low) * (position - below)
}
