import type { MetricGroup } from '../spi/metric-group.ts'
import type { Output } from '../spi/output.ts'
import type { Key } from '../types/key.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { Accumulators } from './accumulator.ts'
import type { CachedFile } from './cached-file.ts'
import type { OutputTag } from './output-tag.ts'
import type { MapState } from './state.ts'
import type { StateDescriptor } from './state-descriptor.ts'

/** What a process function is opened with, once per subtask and attempt. */
export interface OpenContext {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly metrics: MetricGroup
  /** Numbers added up over all subtasks and shown in the job's result. */
  readonly accumulators: Accumulators
  /** Current event-time watermark of this operator. */
  currentWatermark(): number
  /** Processing time in epoch ms; virtual in tests. */
  now(): number
  /** Emits to a side output with the timestamp of the element being processed. */
  output<T>(tag: OutputTag<T>, value: T): void
  /** A file registered with `env.registerCachedFile`. Throws CORE_NO_CACHED_FILE. */
  cachedFile(name: string): CachedFile
}

/** List state of a non-keyed operator: redistributed over the new subtasks when the parallelism changes. */
export interface OperatorListState<T> {
  get(): readonly T[]
  add(value: T): void
  update(values: readonly T[]): void
}

export interface OperatorOpenContext extends OpenContext {
  /** `redistribute`: `split` (default) deals the elements out round-robin; `union` gives every subtask all of them. */
  operatorState<T>(name: string, type: TypeInformation<T>, options?: { readonly redistribute?: 'split' | 'union' }): OperatorListState<T>
}

export interface KeyedOpenContext<out K extends Key> extends OpenContext {
  /** Of the element or timer being processed. */
  readonly key: K
  /** Only while opening. */
  state<S>(descriptor: StateDescriptor<S>): S
  registerEventTimeTimer(timestamp: number): void
  deleteEventTimeTimer(timestamp: number): void
  registerProcessingTimeTimer(timestamp: number): void
  deleteProcessingTimeTimer(timestamp: number): void
}

export interface ProcessFunction<in T, out R> {
  processElement(value: T, timestamp: number, output: Output<R>): void
  /** After the last element of bounded input. */
  finish?(output: Output<R>): void
  close?(): void | Promise<void>
}

export type TimeDomain = 'event' | 'processing'

export interface KeyedProcessFunction<in T, out R> extends ProcessFunction<T, R> {
  onTimer?(timestamp: number, output: Output<R>, domain: TimeDomain): void
}

/** Two inputs without any order between them. */
export interface CoProcessFunction<in A, in B, out R> {
  processElement1(value: A, timestamp: number, output: Output<R>): void
  processElement2(value: B, timestamp: number, output: Output<R>): void
  onTimer?(timestamp: number, output: Output<R>, domain: TimeDomain): void
  /** One of the two inputs (0 or 1) has ended; the other may go on. */
  endInput?(input: 0 | 1, output: Output<R>): void
  finish?(output: Output<R>): void
  close?(): void | Promise<void>
}


export interface ReadonlyBroadcastState<in K, out V> {
  get(key: K): Readonly<V> | undefined
  has(key: K): boolean
  readonly size: number
}

/** The same content on every subtask: only elements of the broadcast input may change it. */
export interface BroadcastState<in out K, in out V> extends ReadonlyBroadcastState<K, V> {
  put(key: K, value: V): void
  remove(key: K): void
  entries(): Iterable<readonly [K, Readonly<V>]>
}

export interface BroadcastOpenContext extends OperatorOpenContext {
  /** Declared with a mapState descriptor. Writing outside `processBroadcastElement` throws CORE_BROADCAST_READONLY. */
  broadcastState<K, V>(descriptor: StateDescriptor<MapState<K, V>>): BroadcastState<K, V>
}

export interface KeyedBroadcastOpenContext<out K extends Key> extends KeyedOpenContext<K> {
  broadcastState<UK, UV>(descriptor: StateDescriptor<MapState<UK, UV>>): BroadcastState<UK, UV>
  /** Visits every key of this subtask that has this state; only from `processBroadcastElement` or `endInput`. Inside, `key` and states are that key's. */
  forEachKey<S>(descriptor: StateDescriptor<S>, visit: (key: K, state: S) => void): void
}

export interface BroadcastProcessFunction<in T, in B, out R> {
  processElement(value: T, timestamp: number, output: Output<R>): void
  processBroadcastElement(value: B, timestamp: number, output: Output<R>): void
  onTimer?(timestamp: number, output: Output<R>, domain: TimeDomain): void
  /** 0: the main input has ended, 1: the broadcast input has. */
  endInput?(input: 0 | 1, output: Output<R>): void
  finish?(output: Output<R>): void
  close?(): void | Promise<void>
}
