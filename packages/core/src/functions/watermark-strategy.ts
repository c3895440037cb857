import { durationMs } from '../types/duration-ms.ts'
import type { Duration } from '../types/duration.ts'
import type { JsonValue } from '../spi/json-value.ts'

export interface WatermarkOutput {
  emitWatermark(timestamp: number): void
}

/** A user's own generator, one per split (or per subtask where there are no splits). Its state is part of checkpoints. */
export interface WatermarkGenerator<in T> {
  /** After each record; may emit (punctuated). */
  onEvent(value: T, timestamp: number, output: WatermarkOutput): void
  /** Every auto-watermark interval and at batch boundaries; emits what `onEvent` learnt (periodic). */
  onPeriodicEmit(output: WatermarkOutput): void
  snapshotState?(): JsonValue
  restoreState?(state: JsonValue): void
}

export type TimestampAssigner<in T> = (value: T, sourceTimestamp: number) => number

/**
 * How timestamps and watermarks come to be, as data plus functions. A watermark t says: nothing with timestamp ≤ t follows.
 * `idleTimeoutMs` undefined = default: on for continuous sources (1 min), off for bounded ones; 0 = never idle.
 */
export interface WatermarkStrategy<in T> {
  readonly kind: 'none' | 'monotonous' | 'boundedOutOfOrderness' | 'custom' | 'source'
  readonly outOfOrdernessMs: number
  readonly timestamp?: TimestampAssigner<T>
  readonly generator?: () => WatermarkGenerator<T>
  readonly idleTimeoutMs?: number
  /** A split counts as idle after this long without a record, once its source is caught up. */
  withIdleness(after: Duration): WatermarkStrategy<T>
}

interface Parts<in T> {
  readonly kind: WatermarkStrategy<T>['kind']
  readonly outOfOrdernessMs: number
  readonly timestamp?: TimestampAssigner<T>
  readonly generator?: () => WatermarkGenerator<T>
  readonly idleTimeoutMs?: number
}

const strategy = <T>(parts: Parts<T>): WatermarkStrategy<T> => ({
  ...parts,
  withIdleness: (after) => strategy({ ...parts, idleTimeoutMs: durationMs(after) }),
})

const withTimestamp = <T>(timestamp: TimestampAssigner<T> | undefined): { timestamp?: TimestampAssigner<T> } => (timestamp === undefined ? {} : { timestamp })

/** Without `timestamp` records keep the one their source gave them. */
export const WatermarkStrategy = {
  noWatermarks: <T>(): WatermarkStrategy<T> => strategy({ kind: 'none', outOfOrdernessMs: 0 }),
  forMonotonousTimestamps: <T>(timestamp?: TimestampAssigner<T>): WatermarkStrategy<T> => strategy({ kind: 'monotonous', outOfOrdernessMs: 0, ...withTimestamp(timestamp) }),
  forBoundedOutOfOrderness: <T>(bound: Duration, timestamp?: TimestampAssigner<T>): WatermarkStrategy<T> =>
    strategy({ kind: 'boundedOutOfOrderness', outOfOrdernessMs: durationMs(bound), ...withTimestamp(timestamp) }),
  forGenerator: <T>(generator: () => WatermarkGenerator<T>, timestamp?: TimestampAssigner<T>): WatermarkStrategy<T> =>
    strategy({ kind: 'custom', outOfOrdernessMs: 0, generator, ...withTimestamp(timestamp) }),
  /** Uses the watermarks that the source itself emits. */
  fromSource: <T>(): WatermarkStrategy<T> => strategy({ kind: 'source', outOfOrdernessMs: 0 }),
}
