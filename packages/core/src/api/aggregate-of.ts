import type { AggregateFunction } from '../functions/aggregate-function.ts'
import { combineAggregates } from '../functions/aggregates-combine.ts'
import type { AggregateSpec, SomeAggregate } from '../functions/aggregates-combine.ts'

/** One aggregate function of what the API takes: one of them, or a record of them. */
export function aggregateOf(aggregates: SomeAggregate<never, unknown> | AggregateSpec<never>): AggregateFunction<never, never, unknown> {
  const aggregate = typeof aggregates['createAccumulator'] === 'function' ? aggregates : combineAggregates<never, AggregateSpec<never>>(aggregates as AggregateSpec<never>)
  return aggregate as AggregateFunction<never, never, unknown>
}
