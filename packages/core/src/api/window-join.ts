import type { OutputTag } from '../functions/output-tag.ts'
import type { ProcessWindowFunction, TimeWindow, Trigger, WindowAssigner, WindowContext } from '../functions/window.ts'
import { describeAssigner } from '../graph/describe-operator.ts'
import { compileKeySelector } from '../graph/compile-key-selector.ts'
import type { JoinKind } from '../graph/operator-spec.ts'
import type { SidedRecord } from '../graph/sided-record.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Output } from '../spi/output.ts'
import type { Duration } from '../types/duration.ts'
import { durationMs } from '../types/duration-ms.ts'
import { generic } from '../types/generic-type.ts'
import type { Key } from '../types/key.ts'
import { row } from '../types/row-type.ts'
import { boolean } from '../types/simple-types.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { keyOf } from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import type { Joins } from './joins.ts'
import { append, partitioned, typeOf } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import { windowedStream } from './windowed-stream.ts'
import type { WindowDraft } from './windowed-stream.ts'

/** Two keyed streams to be joined window by window. */
export interface WindowJoin<out A, out B, out K extends Key> {
  window<W>(assigner: WindowAssigner<W, A | B>): WindowedJoin<A, B, K, W>
}

/** The records of both streams of a key and window, when that window fires. Late records are counted, and dropped unless they have a side output. */
export interface WindowedJoin<out A, out B, out K extends Key, out W> extends Joins<A, B> {
  trigger(trigger: Trigger<A | B>): WindowedJoin<A, B, K, W>
  /** How long after its end a window still takes records; each of them fires its window again. Default none. */
  allowedLateness(lateness: Duration): WindowedJoin<A, B, K, W>
  /** Where records go that are later than allowed: read them with `getSideOutput(tag)` on the result. */
  sideOutputLeftLateData<X>(this: WindowedJoin<X, B, K, W>, tag: OutputTag<X>): WindowedJoin<X, B, K, W>
  sideOutputRightLateData<X>(this: WindowedJoin<A, X, K, W>, tag: OutputTag<X>): WindowedJoin<A, X, K, W>
  /** Gets all records of both sides at once, in order of arrival; one of the two may have none. */
  coGroup<R>(coGroup: CoGroupFunction<A, B, R, K, W>, type: TypeInformation<R>): DataStream<R>
}

export type CoGroupFunction<in A, in B, out R, in K, in W> = (lefts: readonly A[], rights: readonly B[], context: WindowContext<K, W>, output: { collect(value: R): void }) => void

export function windowJoin<A, B, K extends Key>(left: StreamHandle, key: KeySelector, right: StreamHandle): WindowJoin<A, B, K> {
  const { job } = left
  const ofLeft = compileKeySelector(key)
  const ofRight = compileKeySelector(keyOf(right))
  const sidedKey: KeySelector = { kind: 'function', select: (({ isRight, left: a, right: b }: SidedRecord) => (isRight ? ofRight(b) : ofLeft(a)) as Key) as never }
  const type = row({ isRight: boolean(), left: nullable(left), right: nullable(right) })
  return {
    window(assigner) {
      // one stream of both sides, so that one window operator sees them
      const sides = [
        append(job, [unkeyed(left)], { name: 'join left', operator: { kind: 'map', map: ((value: unknown): SidedRecord => ({ isRight: false, left: value, right: null })) as never }, outputType: type }),
        append(job, [unkeyed(right)], { name: 'join right', operator: { kind: 'map', map: ((value: unknown): SidedRecord => ({ isRight: true, left: null, right: value })) as never }, outputType: type }),
      ]
      const both = partitioned({ job, node: null, outputs: sides.flatMap(({ outputs }) => outputs) }, { kind: 'hash', key: sidedKey })
      return windowedJoin(both, sidedKey, { assigner: sidedAssigner(assigner as WindowAssigner<unknown, never>), allowedLatenessMs: 0 })
    },
  }
}

function windowedJoin<A, B, K extends Key, W>(both: StreamHandle, key: KeySelector, draft: WindowDraft): WindowedJoin<A, B, K, W> {
  const evaluate = (name: string, process: CoGroupFunction<never, never, unknown, never, never>, type: TypeInformation<unknown> | undefined): DataStream<never> => {
    const apply: ProcessWindowFunction<SidedRecord, unknown, never, never> = (elements, context, output) =>
      process(
        elements.flatMap(({ isRight, left }) => (isRight ? [] : [left as never])),
        elements.flatMap(({ isRight, right }) => (isRight ? [right as never] : [])),
        context,
        output,
      )
    const named = { ...draft, name: `${name} ${describeAssigner(draft.assigner)}` }
    return windowedStream<SidedRecord, never, never>(both, key, named).process(apply as never, type as never)
  }
  const join =
    (kind: JoinKind) =>
    <R>(combine: (left: never, right: never) => unknown, type?: TypeInformation<R>): DataStream<R> =>
      evaluate(`${kind} window join`, pairs(kind, combine as never), type as TypeInformation<unknown> | undefined)
  return {
    inner: join('inner'),
    left: join('left'),
    right: join('right'),
    full: join('full'),
    coGroup: (process, type) => evaluate('coGroup', process as never, type as never),
    trigger: (trigger) => windowedJoin(both, key, { ...draft, trigger: sidedTrigger(trigger as Trigger<unknown>) }),
    allowedLateness: (lateness) => windowedJoin(both, key, { ...draft, allowedLatenessMs: durationMs(lateness) }),
    sideOutputLeftLateData: ({ id }) => windowedJoin(both, key, { ...draft, lateSides: { ...draft.lateSides, left: id } }),
    sideOutputRightLateData: ({ id }) => windowedJoin(both, key, { ...draft, lateSides: { ...draft.lateSides, right: id } }),
  }
}

function pairs(kind: JoinKind, combine: (left: unknown, right: unknown) => unknown): CoGroupFunction<unknown, unknown, unknown, unknown, unknown> {
  const keepsLeft = kind === 'left' || kind === 'full'
  const keepsRight = kind === 'right' || kind === 'full'
  return (lefts, rights, _context, output: Pick<Output<unknown>, 'collect'>) => {
    for (const left of lefts) for (const right of rights) output.collect(combine(left, right))
    if (keepsLeft && rights.length === 0) for (const left of lefts) output.collect(combine(left, null))
    if (keepsRight && lefts.length === 0) for (const right of rights) output.collect(combine(null, right))
  }
}

const valueOf = ({ isRight, left, right }: SidedRecord): unknown => (isRight ? right : left)

function sidedAssigner(assigner: WindowAssigner<unknown, never>): WindowAssigner<unknown, never> {
  if (assigner.kind !== 'custom') return assigner
  const assign = assigner.assign as (value: unknown, timestamp: number) => readonly TimeWindow[]
  return { ...assigner, assign: (value: SidedRecord, timestamp: number) => assign(valueOf(value), timestamp) } as WindowAssigner<unknown, never>
}

function sidedTrigger(trigger: Trigger<unknown>): Trigger<SidedRecord> {
  const { onMerge } = trigger
  return {
    name: trigger.name,
    ...(trigger.stateType === undefined ? {} : { stateType: trigger.stateType }),
    onElement: (value, timestamp, window, context) => trigger.onElement(valueOf(value), timestamp, window, context),
    onEventTime: (timestamp, window, context) => trigger.onEventTime(timestamp, window, context),
    onProcessingTime: (timestamp, window, context) => trigger.onProcessingTime(timestamp, window, context),
    ...(onMerge === undefined ? {} : { onMerge: (window, context) => onMerge.call(trigger, window, context) }),
    clear: (window, context) => trigger.clear(window, context),
  }
}

function nullable(handle: StreamHandle): TypeInformation<unknown> {
  return ((typeOf(handle) ?? generic()) as TypeInformation<unknown>).nullable()
}

function unkeyed(handle: StreamHandle): StreamHandle {
  return partitioned(handle, { kind: 'auto' })
}
