import { MillraceError } from '../errors.ts'
import type { OutputTag } from '../functions/output-tag.ts'
import { signedDurationMs } from '../functions/signed-duration.ts'
import type { IntervalJoinSpec, JoinKind } from '../graph/operator-spec.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Duration } from '../types/duration.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { keyOf } from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import type { Joins } from './joins.ts'
import { append, typeOf, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'

export interface IntervalBounds {
  /** Leaves out pairs that are exactly `lower` apart. */
  readonly lowerExclusive?: boolean
  /** Leaves out pairs that are exactly `upper` apart. */
  readonly upperExclusive?: boolean
}

/** Two keyed streams to be joined by how far apart their records are in event time. */
export interface IntervalJoin<out A, out B> {
  /**
   * Pairs records of one key if the right one's timestamp minus the left one's is from `lower` to `upper`; either may be
   * negative, such as `'-5min'`. Throws CORE_INVALID_JOIN if `lower` is greater.
   */
  between(lower: Duration, upper: Duration, bounds?: IntervalBounds): BoundedIntervalJoin<A, B>
}

export interface BoundedIntervalJoin<out A, out B> extends Joins<A, B> {
  /** Where left records go that arrive behind the watermark: read them with `getSideOutput(tag)` on the result. */
  sideOutputLeftLateData<X>(this: BoundedIntervalJoin<X, B>, tag: OutputTag<X>): BoundedIntervalJoin<X, B>
  sideOutputRightLateData<X>(this: BoundedIntervalJoin<A, X>, tag: OutputTag<X>): BoundedIntervalJoin<A, X>
}

export function intervalJoin<A, B>(left: StreamHandle, key: KeySelector, right: StreamHandle): IntervalJoin<A, B> {
  const keys = [key, keyOf(right)]
  return {
    between(lower, upper, { lowerExclusive = false, upperExclusive = false } = {}) {
      const lowerMs = signedDurationMs(lower) + (lowerExclusive ? 1 : 0)
      const upperMs = signedDurationMs(upper) - (upperExclusive ? 1 : 0)
      if (lowerMs > upperMs) {
        const message = `expected an interval join between a lower bound and one that is not less, found '${lower}' and '${upper}', which no pair satisfies; the bounds are right minus left`
        throw new MillraceError('CORE_INVALID_JOIN', message, { origin: 'user' })
      }
      return bounded(left, right, keys, { lowerMs, upperMs })
    },
  }
}

type Draft = Pick<IntervalJoinSpec, 'lowerMs' | 'upperMs' | 'lateLeftTag' | 'lateRightTag'>

function bounded<A, B>(left: StreamHandle, right: StreamHandle, keys: readonly KeySelector[], draft: Draft): BoundedIntervalJoin<A, B> {
  const leftType = typeOf(left)
  const rightType = typeOf(right)
  const types = { ...(leftType === undefined ? {} : { leftType }), ...(rightType === undefined ? {} : { rightType }) }
  const join =
    (kind: JoinKind) =>
    <R>(combine: (a: never, b: never) => unknown, type?: TypeInformation<R>): DataStream<R> => {
      const operator: IntervalJoinSpec = { kind: 'intervalJoin', join: kind, ...draft, combine, ...types }
      return left.job.dataStream(
        append(left.job, [left, right], { name: `${kind} interval join [${draft.lowerMs}ms, ${draft.upperMs}ms]`, operator, keys, stateful: true, ...withOutputType(type) }),
      )
    }
  return {
    inner: join('inner'),
    left: join('left'),
    right: join('right'),
    full: join('full'),
    sideOutputLeftLateData: (tag) => bounded(left, right, keys, { ...draft, lateLeftTag: tag.id }),
    sideOutputRightLateData: (tag) => bounded(left, right, keys, { ...draft, lateRightTag: tag.id }),
  }
}
