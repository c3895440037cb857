import type { AggregateFunction } from '../functions/aggregate-function.ts'
import type {
  BroadcastOpenContext,
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastOpenContext,
  KeyedOpenContext,
  KeyedProcessFunction,
  OperatorOpenContext,
  ProcessFunction,
} from '../functions/process-function.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import type { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import type { AsyncContext } from '../functions/async-function.ts'
import type { Evictor } from '../functions/evictors.ts'
import type { ProcessWindowFunction, Trigger, WindowAssigner, WindowOpenContext } from '../functions/window.ts'
import type { Sink } from '../spi/sink.ts'
import type { Source } from '../spi/source.ts'
import type { Key } from '../types/key.ts'
import type { AnyType } from '../types/type-information.ts'

/** The types of user functions in the graph are erased: the API that appended the node has checked them. */
type Value = never

/** What a window computes from its elements. `finish` builds the emitted row from result, key and window. */
export type WindowFunctionSpec =
  | {
      readonly kind: 'aggregate'
      readonly aggregate: AggregateFunction<Value, Value, unknown>
      readonly finish?: (result: Value, key: Value, window: Value) => unknown
    }
  | { readonly kind: 'reduce'; readonly reduce: (a: Value, b: Value) => unknown; readonly elementType?: AnyType }
  | {
      readonly kind: 'process'
      readonly open: (context: WindowOpenContext) => ProcessWindowFunction<Value, unknown, Value, Value>
      readonly elementType?: AnyType
    }

export interface WindowSpec {
  readonly kind: 'window'
  readonly assigner: WindowAssigner<unknown, never>
  /** Absent: the assigner's default (event time, processing time, or never for global). */
  readonly trigger?: Trigger<Value>
  /** Present: the window keeps its elements, and the function sees those that the evictor leaves. */
  readonly evictor?: Evictor<Value>
  /** Of the elements that a window with an evictor keeps. */
  readonly elementType?: AnyType
  readonly allowedLatenessMs: number
  /** Where late elements go; absent: counted and dropped. */
  readonly lateTag?: string
  /** Of a window join, whose elements are `SidedRecord`s: where the late ones of each side go, without their wrapping. */
  readonly lateSides?: { readonly left?: string; readonly right?: string }
  readonly function: WindowFunctionSpec
  /** Set by the optimizer: a combiner before the shuffle sends accumulators per (key, slice) instead of elements. */
  readonly combined?: boolean
}

/** Which records without a partner give a row too. */
export type JoinKind = 'inner' | 'left' | 'right' | 'full'

/** Pairs records of two keyed inputs whose timestamps are close: right − left from `lowerMs` to `upperMs`, both included. */
export interface IntervalJoinSpec {
  readonly kind: 'intervalJoin'
  readonly join: JoinKind
  readonly lowerMs: number
  readonly upperMs: number
  /** Makes the row of a pair; null stands for a partner that is missing. */
  readonly combine: (left: Value, right: Value) => unknown
  readonly leftType?: AnyType
  readonly rightType?: AnyType
  /** Where late records go; absent: counted and dropped. */
  readonly lateLeftTag?: string
  readonly lateRightTag?: string
}

/** One request per record, many at a time. */
export interface AsyncMapSpec {
  readonly kind: 'asyncMap'
  readonly request: (value: Value, context: AsyncContext) => Promise<unknown>
  readonly ordered: boolean
  readonly capacity: number
  readonly timeoutMs?: number
  readonly onTimeout?: (value: Value) => unknown
  /** Over all subtasks; retries are not counted. */
  readonly maxRequestsPerSecond?: number
  readonly retry?: { readonly attempts: number; readonly backoffMs: number; readonly maxBackoffMs: number; readonly when?: (error: unknown) => boolean }
  /** Of the records, which are part of checkpoints while in flight. */
  readonly inputType?: AnyType
}

/** What an operator does, as data plus user functions. One runtime operator per kind. */
export type OperatorSpec =
  | { readonly kind: 'source'; readonly source: Source<unknown>; readonly watermarks: WatermarkStrategy<Value>; readonly maxRecordsPerSecond?: number }
  | { readonly kind: 'timestamps'; readonly watermarks: WatermarkStrategy<Value> }
  | { readonly kind: 'map'; readonly map: (value: Value) => unknown }
  | { readonly kind: 'filter'; readonly predicate: (value: Value) => boolean }
  | { readonly kind: 'flatMap'; readonly flatMap: (value: Value) => Iterable<unknown> }
  | { readonly kind: 'process'; readonly open: (context: OperatorOpenContext) => ProcessFunction<Value, unknown> }
  | { readonly kind: 'keyedProcess'; readonly open: (context: KeyedOpenContext<Key>) => KeyedProcessFunction<Value, unknown> }
  | { readonly kind: 'coProcess'; readonly open: (context: OperatorOpenContext) => CoProcessFunction<Value, Value, unknown> }
  | { readonly kind: 'keyedCoProcess'; readonly open: (context: KeyedOpenContext<Key>) => CoProcessFunction<Value, Value, unknown> }
  | {
      readonly kind: 'broadcastProcess'
      readonly open: (context: BroadcastOpenContext) => BroadcastProcessFunction<Value, Value, unknown>
      readonly broadcastStates: readonly StateDescriptor<unknown>[]
    }
  | {
      readonly kind: 'keyedBroadcastProcess'
      readonly open: (context: KeyedBroadcastOpenContext<Key>) => BroadcastProcessFunction<Value, Value, unknown>
      readonly broadcastStates: readonly StateDescriptor<unknown>[]
    }
  /** Rolling: emits the new result for every element. */
  | { readonly kind: 'reduce'; readonly reduce: (a: Value, b: Value) => unknown; readonly type?: AnyType }
  | {
      readonly kind: 'aggregate'
      readonly aggregate: AggregateFunction<Value, Value, unknown>
      readonly finish?: (result: Value, key: Value) => unknown
    }
  | WindowSpec
  | IntervalJoinSpec
  | AsyncMapSpec
  /** Put in by the optimizer before a shuffle into a mergeable event-time window. */
  | { readonly kind: 'combine'; readonly window: WindowSpec }
  | { readonly kind: 'sink'; readonly sink: Sink<Value> }

export type OperatorKind = OperatorSpec['kind']
