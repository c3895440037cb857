import { compare } from '../functions/aggregates.ts'
import type { Comparable } from '../functions/aggregates.ts'
import type { DataStream } from './data-stream.ts'

/** The names of the fields of T that can be added up. */
export type NumberField<T> = { [F in keyof T]-?: T[F] extends number ? F : never }[keyof T] extends infer F extends string & keyof T ? F : never

/** The names of the fields of T that have an order and are never null. */
export type ComparableField<T> = { [F in keyof T]-?: T[F] extends Comparable ? F : never }[keyof T] extends infer F extends string & keyof T ? F : never

/** Rolling aggregates of one field: each record of a key gives one of the same type. */
export interface RollingOperations<out T> {
  /** The first record of the key with the sum so far in `field`. */
  sum<F extends NumberField<T>>(field: F): DataStream<T>
  /** The first record of the key with the least value so far in `field`. */
  min<F extends ComparableField<T>>(field: F): DataStream<T>
  /** The first record of the key with the greatest value so far in `field`. */
  max<F extends ComparableField<T>>(field: F): DataStream<T>
  /** The record with the least value of `field` so far, the first one of several. */
  minBy<F extends ComparableField<T>>(field: F): DataStream<T>
  /** The record with the greatest value of `field` so far, the first one of several. */
  maxBy<F extends ComparableField<T>>(field: F): DataStream<T>
}

type Reduce = (reduce: (a: never, b: never) => unknown, name: string) => DataStream<never>
type Row = Readonly<Record<string, Comparable>>

export function rollingOperations<T>(reduce: Reduce): RollingOperations<T> {
  const extreme = (name: string, sign: 1 | -1, whole: boolean) => (field: string) => {
    const better = (a: Row, b: Row): unknown => {
      if (sign * compare(b[field] as Comparable, a[field] as Comparable) <= 0) return a
      return whole ? b : { ...a, [field]: b[field] }
    }
    return reduce(better as never, `${name} ${field}`)
  }
  return {
    sum: (field: string) => reduce(((a: Row, b: Row) => ({ ...a, [field]: (a[field] as unknown as number) + (b[field] as unknown as number) })) as never, `sum ${field}`),
    min: extreme('min', -1, false),
    max: extreme('max', 1, false),
    minBy: extreme('minBy', -1, true),
    maxBy: extreme('maxBy', 1, true),
  }
}
