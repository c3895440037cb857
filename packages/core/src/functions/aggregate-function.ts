import type { AnyType } from '../types/type-information.ts'

/**
 * Folds values into an accumulator. The accumulator is owned by the engine: `add` may change it in place and must return
 * it (or a replacement). With `merge` windows can share slices, sessions can merge and a combiner can run before a shuffle;
 * `merge(a, b)` may change and return `a`, never `b`.
 */
export interface AggregateFunction<in T, in out A, out R> {
  readonly name?: string
  /** Schema of the accumulator for state and shuffles; absent means the generic codec. */
  readonly accumulatorType?: AnyType
  readonly resultType?: AnyType
  createAccumulator(): A
  add(value: T, accumulator: A): A
  getResult(accumulator: A): R
  merge?(a: A, b: A): A
}
