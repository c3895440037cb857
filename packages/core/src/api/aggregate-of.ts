import type { AggregateFunction } from '../functions/aggregate-function.ts'
import { combineAggregates } from '../functions/aggregates-combine.ts'
import type { AggregateSpec, SomeAggregate } from '../functions/aggregates-combine.ts'

/** What the API aggregates with, for results R: one aggregate function, or a record of them under the names of the results. */
export type Aggregates<T, R> = SomeAggregate<T, R> | { readonly [F in keyof R]: SomeAggregate<T, R[F]> }

/** One aggregate function that does what all of them do. */
export function aggregateOf(aggregates: SomeAggregate<never, unknown> | AggregateSpec<never>): AggregateFunction<never, never, unknown> {
  const aggregate = typeof aggregates['createAccumulator'] === 'function' ? aggregates : combineAggregates<never, AggregateSpec<never>>(aggregates as AggregateSpec<never>)
  return aggregate as AggregateFunction<never, never, unknown>
}
