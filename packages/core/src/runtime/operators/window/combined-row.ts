import type { WindowSpec } from '../../../graph/operator-spec.ts'
import type { Key } from '../../../types/key.ts'
import { generic } from '../../../types/generic-type.ts'
import { long } from '../../../types/number-types.ts'
import { row } from '../../../types/row-type.ts'
import type { AnyType } from '../../../types/type-information.ts'

/** What a combiner sends to its window operator: the pre-aggregated elements of one key and slice. */
export interface CombinedRow {
  readonly key: Key
  /** Start of the slice; also the row's timestamp. */
  readonly slice: number
  /** Number of elements. */
  readonly count: number
  readonly accumulator: unknown
}

/** The schema of the edge between the two. */
export function combinedRowType(window: WindowSpec): AnyType {
  const accumulatorType = window.function.kind === 'aggregate' ? window.function.aggregate.accumulatorType : undefined
  return row({ key: generic<Key>(), slice: long(), count: long(), accumulator: accumulatorType ?? generic() })
}
