import { double, long } from '../types/number-types.ts'
import { generic } from '../types/generic-type.ts'
import { row } from '../types/row-type.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'

/*
 * Nulls are left out as in SQL: an aggregate over nothing but nulls is null. The result can be null exactly when the
 * field can. Accumulators are small objects changed in place; one of a window is owned by the engine alone.
 */

/** What comparing aggregates can order. NaN counts as the greatest number, as in PostgreSQL and DuckDB. */
export type Comparable = number | string | bigint | boolean
type Nullability<N> = Extract<N, null>

export interface CountAccumulator {
  count: number
}

export interface SumAccumulator {
  sum: number
  count: number
}

export interface ExtremeAccumulator<V> {
  value: V | null
}

// Made at first use: building a codec takes time that importing this module must not.
let countType: AnyType | undefined
let sumType: AnyType | undefined
export const countAccumulatorType = (): AnyType => (countType ??= row({ count: long() }))
const sumAccumulatorType = (): AnyType => (sumType ??= row({ sum: double(), count: long() }))

/** The number of elements; with `f`, of those for which it is not null. */
export function count<T>(f?: (value: T) => unknown): AggregateFunction<T, CountAccumulator, number> {
  return {
    name: 'count',
    accumulatorType: countAccumulatorType(),
    resultType: long(),
    createAccumulator: () => ({ count: 0 }),
    add:
      f === undefined
        ? (_value, accumulator) => {
            accumulator.count++
            return accumulator
          }
        : (value, accumulator) => {
            if (f(value) !== null) accumulator.count++
            return accumulator
          },
    getResult: (accumulator) => accumulator.count,
    merge(a, b) {
      a.count += b.count
      return a
    },
  }
}

/** The sum in double precision, in order of arrival: whole numbers are exact up to 2^53. */
export function sum<T, N extends number | null>(f: (value: T) => N): AggregateFunction<T, SumAccumulator, number | Nullability<N>> {
  return summing('sum', f, (accumulator) => accumulator.sum)
}

/** The arithmetic mean: sum / count in double precision. */
export function mean<T, N extends number | null>(f: (value: T) => N): AggregateFunction<T, SumAccumulator, number | Nullability<N>> {
  return summing('mean', f, (accumulator) => accumulator.sum / accumulator.count)
}

/** The least value; `type` is that of the field, for state and output (absent: generic). */
export function min<T, N extends Comparable | null>(f: (value: T) => N, type?: TypeInformation<NonNullable<N>>): AggregateFunction<T, ExtremeAccumulator<N>, N> {
  return extreme('min', f, type, (a, b) => compare(a, b) < 0)
}

/** The greatest value; `type` is that of the field, for state and output (absent: generic). */
export function max<T, N extends Comparable | null>(f: (value: T) => N, type?: TypeInformation<NonNullable<N>>): AggregateFunction<T, ExtremeAccumulator<N>, N> {
  return extreme('max', f, type, (a, b) => compare(a, b) > 0)
}

/** Negative, zero or positive, as for `sort`; NaN is equal to itself and greater than every other number. */
export function compare(a: Comparable, b: Comparable): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

function summing<T, N extends number | null>(
  name: string,
  f: (value: T) => N,
  result: (accumulator: SumAccumulator) => number,
): AggregateFunction<T, SumAccumulator, number | Nullability<N>> {
  return {
    name,
    accumulatorType: sumAccumulatorType(),
    resultType: double().nullable(),
    createAccumulator: () => ({ sum: 0, count: 0 }),
    add(value, accumulator) {
      const number = f(value)
      if (number !== null) {
        accumulator.sum += number
        accumulator.count++
      }
      return accumulator
    },
    getResult: (accumulator) => (accumulator.count === 0 ? (null as Nullability<N>) : result(accumulator)),
    merge(a, b) {
      a.sum += b.sum
      a.count += b.count
      return a
    },
  }
}

function extreme<T, N extends Comparable | null>(
  name: string,
  f: (value: T) => N,
  type: TypeInformation<NonNullable<N>> | undefined,
  beats: (a: NonNullable<N>, b: NonNullable<N>) => boolean,
): AggregateFunction<T, ExtremeAccumulator<N>, N> {
  const valueType: AnyType = type?.nullable() ?? generic()
  const offer = (value: N | null, accumulator: ExtremeAccumulator<N>): ExtremeAccumulator<N> => {
    const best = accumulator.value
    if (value !== null && (best === null || beats(value as NonNullable<N>, best as NonNullable<N>))) accumulator.value = value
    return accumulator
  }
  return {
    name,
    accumulatorType: row({ value: valueType }),
    resultType: valueType,
    createAccumulator: () => ({ value: null }),
    add: (value, accumulator) => offer(f(value), accumulator),
    getResult: (accumulator) => accumulator.value as N,
    merge: (a, b) => offer(b.value, a),
  }
}
