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
  matched: boolean
}

/** The records of one key that may still find partners, in order of arrival. */
interface Waiting {
  readonly left: Entry[]
  readonly right: Entry[]
}

/** One input of the join. */
interface Side {
  readonly name: keyof Waiting
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
  const { keys } = keyed
  const open = keyed.openContext()
  const combine = spec.combine as (left: unknown, right: unknown) => unknown
  const table = keyed.table<Waiting>({ name: 'waiting', kind: 'value', valueType: waitingType(spec), layout: 'key' })
  const late = (lateTag: string | undefined): LateElements => new LateElements(lateTag === undefined ? {} : { lateTag }, context)
  const left: Side = {
    name: 'left',
    from: lowerMs,
    to: upperMs,
    holdMs: Math.max(0, upperMs),
    outer: join === 'left' || join === 'full',
    late: late(spec.lateLeftTag),
    row: combine,
  }
  const right: Side = {
    name: 'right',
    from: -upperMs,
    to: -lowerMs,
    holdMs: Math.max(0, -lowerMs),
    outer: join === 'right' || join === 'full',
    late: late(spec.lateRightTag),
    row: (own, partner) => combine(partner, own),
  }
  const periodMs = upperMs - lowerMs + 1
  /** Records of an outer side are told on their own; others leave together, a timer for each period as long as the interval. */
  const expiry = (side: Side, timestamp: number): number => (side.outer ? timestamp : (Math.floor(timestamp / periodMs) + 1) * periodMs - 1) + side.holdMs

  const pair = (own: Side, partners: readonly Entry[], value: unknown, timestamp: number, output: Output<unknown>): boolean => {
    const first = timestamp + own.from
    const last = timestamp + own.to
    let matched = false
    for (const partner of partners) {
      if (partner.timestamp < first || partner.timestamp > last) continue
      output.collect(own.row(value, partner.value), Math.max(timestamp, partner.timestamp))
      partner.matched = true
      matched = true
    }
    return matched
  }
  const processOn = (own: Side, other: Side) => (value: unknown, timestamp: number, output: Output<unknown>): void => {
    requireTimestamp(value, timestamp, context)
    if (timestamp <= open.currentWatermark()) {
      own.late.reject(value, timestamp)
      return
    }
    const known = table.getForUpdate(keys.keyGroup, keys.stateKey, null)
    const waiting = known ?? { left: [], right: [] }
    const entries = waiting[own.name]
    const before = entries[entries.length - 1]
    entries.push({ value, timestamp, matched: pair(own, waiting[other.name], value, timestamp, output) })
    if (known === undefined) table.put(keys.keyGroup, keys.stateKey, null, waiting)
    const expires = expiry(own, timestamp)
    // what waits has a timer: most records leave with the one before them
    if (before === undefined || expiry(own, before.timestamp) !== expires) open.registerEventTimeTimer(expires)
  }
  /** Removes what has expired at `time` and returns what of it never had a partner. */
  const expire = (side: Side, waiting: Waiting, time: number): readonly Entry[] => {
    const entries = waiting[side.name]
    const end = time - side.holdMs + 1
    const keptFrom = side.outer ? end : Math.floor(end / periodMs) * periodMs
    let alone: Entry[] | undefined
    let kept = 0
    for (const entry of entries) {
      if (entry.timestamp >= keptFrom) entries[kept++] = entry
      else if (side.outer && !entry.matched) (alone ??= []).push(entry)
    }
    entries.length = kept
    return alone ?? NOTHING
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
      const waiting = table.getForUpdate(keys.keyGroup, keys.stateKey, null)
      if (waiting === undefined) return
      const lefts = expire(left, waiting, time)
      const rights = expire(right, waiting, time)
      if (waiting.left.length === 0 && waiting.right.length === 0) table.remove(keys.keyGroup, keys.stateKey, null)
      if (lefts.length === 0 && rights.length === 0) return
      // what has expired is gone, even if the function fails for it: each row is a call of its own
      keyed.succeeded()
      for (const { value } of lefts) emitAlone(left, value, time, output)
      for (const { value } of rights) emitAlone(right, value, time, output)
    },
  }
}

function waitingType({ leftType, rightType }: IntervalJoinSpec): TypeInformation<Waiting> {
  const entries = (type: AnyType | undefined): AnyType => list(row({ value: (type ?? generic()) as TypeInformation<unknown>, timestamp: long(), matched: boolean() }))
  return row({ left: entries(leftType), right: entries(rightType) }) as unknown as TypeInformation<Waiting>
}
