import type { MapState } from '../../functions/state.ts'
import { mapState } from '../../functions/state-descriptor.ts'
import type { IntervalJoinSpec } from '../../graph/operator-spec.ts'
import type { StreamNode } from '../../graph/stream-graph.ts'
import type { Output } from '../../spi/output.ts'
import { list } from '../../types/collection-types.ts'
import { generic } from '../../types/generic-type.ts'
import { long } from '../../types/number-types.ts'
import { row } from '../../types/row-type.ts'
import { boolean } from '../../types/simple-types.ts'
import type { AnyType, TypeInformation } from '../../types/type-information.ts'
import type { TwoInputFunction } from './co-process-operator.ts'
import type { KeyedCalls } from './keyed-calls.ts'
import { KeyedCoProcessOperator } from './keyed-co-process-operator.ts'
import type { OperatorContext, StreamOperator } from './stream-operator.ts'
import { LateElements, requireTimestamp } from './window/late-elements.ts'

const NOTHING: readonly Entry[] = []

interface Entry {
  readonly value: unknown
  readonly timestamp: number
  readonly matched: boolean
}

/** The records of one input that wait for partners, in buckets by timestamp. */
interface Side {
  readonly buckets: MapState<number, readonly Entry[]>
  /** From a record's timestamp to the first and last timestamp of its partners, in ms. */
  readonly from: number
  readonly to: number
  /** How long after its timestamp a record may still find a partner. */
  readonly holdMs: number
  /** Records without a partner give a row. */
  readonly outer: boolean
  readonly late: LateElements
  row(own: unknown, partner: unknown): unknown
}

/**
 * Interval join in event time. A record is kept by key until the watermark has passed the end of its interval; where the
 * join is outer on its side it then gives a row if it never had a partner. Pairs get the later of both timestamps, such rows
 * the one at which they became certain. Records that arrive behind the watermark are late.
 */
export function createIntervalJoinOperator(node: StreamNode, context: OperatorContext, spec: IntervalJoinSpec): StreamOperator {
  return new KeyedCoProcessOperator(node, context, true, (keyed) => joinFunction(spec, context, keyed))
}

function joinFunction(spec: IntervalJoinSpec, context: OperatorContext, keyed: KeyedCalls): TwoInputFunction {
  const { join, lowerMs, upperMs } = spec
  const open = keyed.openContext()
  const combine = spec.combine as (left: unknown, right: unknown) => unknown
  // as wide as the interval, so that two are looked up: a look-up costs more than a few records that are out of reach
  const widthMs = upperMs - lowerMs + 1
  const bucketOf = (timestamp: number): number => Math.floor(timestamp / widthMs)
  const late = (lateTag: string | undefined): LateElements => new LateElements(lateTag === undefined ? {} : { lateTag }, context)
  const left: Side = {
    buckets: open.state(mapState('left', long(), entries(spec.leftType))),
    from: lowerMs,
    to: upperMs,
    holdMs: Math.max(0, upperMs),
    outer: join === 'left' || join === 'full',
    late: late(spec.lateLeftTag),
    row: combine,
  }
  const right: Side = {
    buckets: open.state(mapState('right', long(), entries(spec.rightType))),
    from: -upperMs,
    to: -lowerMs,
    holdMs: Math.max(0, -lowerMs),
    outer: join === 'right' || join === 'full',
    late: late(spec.lateRightTag),
    row: (own, partner) => combine(partner, own),
  }
  /** Records of an outer side are told on their own; others leave with their bucket, by one timer. */
  const expiry = (side: Side, timestamp: number): number => (side.outer ? timestamp : (bucketOf(timestamp) + 1) * widthMs - 1) + side.holdMs

  const pair = (own: Side, other: Side, value: unknown, timestamp: number, output: Output<unknown>): boolean => {
    let matched = false
    const first = timestamp + own.from
    const last = timestamp + own.to
    for (let bucket = bucketOf(first); bucket <= bucketOf(last); bucket++) {
      const partners = other.buckets.get(bucket)
      if (partners === undefined) continue
      let news = false
      for (const partner of partners) {
        if (partner.timestamp < first || partner.timestamp > last) continue
        output.collect(own.row(value, partner.value), Math.max(timestamp, partner.timestamp))
        matched = true
        news ||= !partner.matched
      }
      if (!news || !other.outer) continue
      const isPartner = ({ timestamp: at }: Entry): boolean => at >= first && at <= last
      other.buckets.put(bucket, partners.map((partner) => (isPartner(partner) ? { ...partner, matched: true } : partner)))
    }
    return matched
  }
  const processOn = (own: Side, other: Side) => (value: unknown, timestamp: number, output: Output<unknown>): void => {
    requireTimestamp(value, timestamp, context)
    if (timestamp <= open.currentWatermark()) {
      own.late.reject(value, timestamp)
      return
    }
    const matched = pair(own, other, value, timestamp, output)
    const bucket = bucketOf(timestamp)
    own.buckets.put(bucket, [...(own.buckets.get(bucket) ?? []), { value, timestamp, matched }])
    open.registerEventTimeTimer(expiry(own, timestamp))
  }
  /** Removes what expires at `time` and returns what of it never had a partner. */
  const expire = (side: Side, time: number): readonly Entry[] => {
    const timestamp = time - side.holdMs
    const bucket = bucketOf(timestamp)
    const all = side.buckets.get(bucket)
    if (all === undefined) return NOTHING
    const kept = all.filter((entry) => expiry(side, entry.timestamp) > time)
    if (kept.length === 0) side.buckets.remove(bucket)
    else if (kept.length < all.length) side.buckets.put(bucket, kept)
    return side.outer ? all.filter((entry) => !entry.matched && expiry(side, entry.timestamp) <= time) : NOTHING
  }

  const emitAlone = (side: Side, value: unknown, time: number, output: Output<unknown>): void => {
    keyed.calls.begin(time)
    try {
      output.collect(side.row(value, null))
    } catch (error) {
      keyed.failed(error, value)
      return
    }
    keyed.succeeded()
  }

  return {
    processElement1: processOn(left, right),
    processElement2: processOn(right, left),
    onTimer(time, output) {
      const lefts = expire(left, time)
      const rights = expire(right, time)
      if (lefts.length === 0 && rights.length === 0) return
      // what has expired is gone, even if the function fails for it: each row is a call of its own
      keyed.succeeded()
      for (const { value } of lefts) emitAlone(left, value, time, output)
      for (const { value } of rights) emitAlone(right, value, time, output)
    },
  }
}

function entries(type: AnyType | undefined): TypeInformation<readonly Entry[]> {
  const valueType = (type ?? generic()) as TypeInformation<unknown>
  return list(row({ value: valueType, timestamp: long(), matched: boolean() }))
}
