import type { Duration } from '../types/duration.ts'
import type { OpenContext } from './process-function.ts'
import type { StateDescriptor } from './state-descriptor.ts'
import type { AnyType } from '../types/type-information.ts'

/** [start, end) in epoch ms. Its last timestamp is end − 1. */
export interface TimeWindow {
  readonly start: number
  readonly end: number
}

export type WindowTime = 'event' | 'processing'

/**
 * Which windows a record belongs to, as data: the engine chooses a path by `kind`. `custom` windows go the general,
 * key-major way. W is the window type seen by window functions, T what records must be for `assign`.
 */
export type WindowAssigner<W, T = unknown> = (
  | { readonly kind: 'tumbling'; readonly time: WindowTime; readonly sizeMs: number; readonly offsetMs: number; readonly stagger?: WindowStagger }
  | { readonly kind: 'sliding'; readonly time: WindowTime; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly time: WindowTime; readonly gapMs: number }
  | { readonly kind: 'global' }
  | { readonly kind: 'custom'; readonly time: WindowTime; readonly name: string; readonly assign: (value: T, timestamp: number) => readonly TimeWindow[]; readonly merging: boolean }
) & { readonly _window?: W }

/**
 * How tumbling windows are kept from firing all at once: each key group (keys in 128 groups or more, by hash) has its
 * windows begin at another time. `random`: spread evenly; the same in every run. `natural`: when its first record came, by
 * processing time; kept in checkpoints.
 */
export type WindowStagger = 'random' | 'natural'

export interface TumblingOptions extends WindowOptions {
  /** Default `aligned`: the windows of all keys begin and end together. */
  readonly stagger?: 'aligned' | WindowStagger
}

export interface WindowOptions {
  /** Shifts the alignment from the epoch, e.g. `'6h'`; may be negative. */
  readonly offset?: Duration
}

/** What a window function is told about the window that fires. */
export interface WindowContext<out K, out W> {
  readonly key: K
  readonly window: W
  readonly watermark: number
}

/** All elements of a fired window, in order of arrival. They are kept in state until the window is purged. */
export type ProcessWindowFunction<in T, out R, in K, in W> = (elements: readonly T[], context: WindowContext<K, W>, output: { collect(value: R): void }) => void

/** What a window function with state is opened with, once per subtask and attempt. */
export interface WindowOpenContext extends OpenContext {
  /** State of the key, the same in all of its windows. Only while opening. */
  globalState<S>(descriptor: StateDescriptor<S>): S
  /** State of the key and window, cleared when the window ends. Only while opening; throws CORE_NOT_MERGEABLE with sessions. */
  windowState<S>(descriptor: StateDescriptor<S>): S
}

export interface TriggerContext {
  readonly watermark: number
  now(): number
  registerEventTimeTimer(timestamp: number): void
  deleteEventTimeTimer(timestamp: number): void
  registerProcessingTimeTimer(timestamp: number): void
  deleteProcessingTimeTimer(timestamp: number): void
  /** State of this (key, window), cleared with it. */
  getState<V>(name: string): V | undefined
  setState<V>(name: string, value: V): void
  /** Only in `onMerge`: folds this state of the windows that were merged into the merged window's, where any has it. */
  mergeState<V>(name: string, merge: (a: V, b: V) => V): void
}

export type TriggerResult = 'continue' | 'fire' | 'purge' | 'fireAndPurge'

/** Decides when a window fires. Stateless itself: state goes through the context. */
export interface Trigger<in T> {
  readonly name: string
  /** Schema of what `setState` stores. Absent: generic. */
  readonly stateType?: AnyType
  onElement(value: T, timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult
  onEventTime(timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult
  onProcessingTime(timestamp: number, window: TimeWindow, context: TriggerContext): TriggerResult
  /** Present if the trigger works with merging windows; called on the merged window. */
  onMerge?(window: TimeWindow, context: TriggerContext): void
  clear(window: TimeWindow, context: TriggerContext): void
}
