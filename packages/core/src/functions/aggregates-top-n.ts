import { MillraceError } from '../errors.ts'
import { list } from '../types/collection-types.ts'
import { generic } from '../types/generic-type.ts'
import { row } from '../types/row-type.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'
import { compare } from './aggregates.ts'
import type { Comparable } from './aggregates.ts'

interface Ranked<T> {
  readonly by: Comparable
  readonly element: T
}

export interface TopNAccumulator<T> {
  /** At most n, the best first; of equal ones those that came first. */
  top: Ranked<T>[]
}

/** The `n` (≥ 1) elements with the greatest values of `f`, the greatest first; those where it is null are left out. */
export function topN<T>(n: number, f: (value: T) => Comparable | null, type?: TypeInformation<T>): AggregateFunction<T, TopNAccumulator<T>, readonly T[]> {
  if (!Number.isSafeInteger(n) || n < 1) throw new MillraceError('CORE_INVALID_AGGREGATE', `expected topN of a whole number from 1, found ${n}`, { origin: 'user' })
  const elementType = type ?? generic<T>()
  const offer = (ranked: Ranked<T>, accumulator: TopNAccumulator<T>): TopNAccumulator<T> => {
    const { top } = accumulator
    if (top.length === n && compare(ranked.by, (top[n - 1] as Ranked<T>).by) <= 0) return accumulator
    let at = top.length
    while (at > 0 && compare(ranked.by, (top[at - 1] as Ranked<T>).by) > 0) at--
    top.splice(at, 0, ranked)
    if (top.length > n) top.pop()
    return accumulator
  }
  return {
    name: `top ${n}`,
    accumulatorType: row({ top: list(row({ by: generic<Comparable>(), element: elementType })) }),
    resultType: list(elementType),
    createAccumulator: () => ({ top: [] }),
    add(element, accumulator) {
      const by = f(element)
      return by === null ? accumulator : offer({ by, element }, accumulator)
    },
    getResult: ({ top }) => top.map(({ element }) => element),
    merge(a, b) {
      for (const ranked of b.top) offer(ranked, a)
      return a
    },
  }
}
