import type { TypeInformation } from '../types/type-information.ts'
import type { DataStream } from './data-stream.ts'
import type { Sync } from './sync.ts'

/**
 * Ends a join: `combine` makes the row of each pair. In outer joins it is also called with null in place of the partner,
 * once for each record of the sides named that has none.
 */
export interface Joins<out A, out B> {
  inner<R>(combine: (left: A, right: B) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
  /** All left records. */
  left<R>(combine: (left: A, right: B | null) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
  /** All right records. */
  right<R>(combine: (left: A | null, right: B) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
  /** All records of both sides. */
  full<R>(combine: (left: A | null, right: B | null) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
}
