import { MillraceError } from '../errors.ts'
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

/** Sources of one group wait for the slowest of them (FLIP-182): none reads on once its watermark is more than the drift ahead. */
export interface WatermarkAlignment {
  readonly group: string
  readonly maxDriftMs: number
  /** How often a subtask tells the others where it is; also whenever it has gone half of the drift. */
  readonly updateIntervalMs: number
}

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
  readonly alignment?: WatermarkAlignment
  /** A split counts as idle after this long without a record, once its source is caught up. */
  withIdleness(after: Duration): WatermarkStrategy<T>
  /**
   * Keeps the sources of this job that name the same group together in event time: a split whose watermark is more than
   * `maxDrift` ahead of the slowest active subtask of the group is not read until that one has caught up. Bounds what
   * joins and windows behind them must keep. Only for strategies given to a source; a reader that cannot pause single
   * splits (`pauseOrResumeSplits`) pauses as a whole. `updateInterval`: default 1s. Throws CORE_INVALID_WATERMARKS.
   */
  withWatermarkAlignment(group: string, maxDrift: Duration, updateInterval?: Duration): WatermarkStrategy<T>
}

interface Parts<in T> {
  readonly kind: WatermarkStrategy<T>['kind']
  readonly outOfOrdernessMs: number
  readonly timestamp?: TimestampAssigner<T>
  readonly generator?: () => WatermarkGenerator<T>
  readonly idleTimeoutMs?: number
  readonly alignment?: WatermarkAlignment
}

const strategy = <T>(parts: Parts<T>): WatermarkStrategy<T> => ({
  ...parts,
  withIdleness: (after) => strategy({ ...parts, idleTimeoutMs: durationMs(after) }),
  withWatermarkAlignment: (group, maxDrift, updateInterval = '1s') => strategy({ ...parts, alignment: alignmentOf(parts, group, durationMs(maxDrift), durationMs(updateInterval)) }),
})

function alignmentOf({ kind }: Parts<never>, group: string, maxDriftMs: number, updateIntervalMs: number): WatermarkAlignment {
  const invalid = (message: string): MillraceError => new MillraceError('CORE_INVALID_WATERMARKS', message, { origin: 'user' })
  if (typeof group !== 'string' || group.trim() === '') throw invalid(`expected withWatermarkAlignment to get the name of a group, found ${JSON.stringify(group)}`)
  if (maxDriftMs <= 0 || updateIntervalMs <= 0) throw invalid(`expected withWatermarkAlignment to get a drift and an update interval of at least 1ms, found ${maxDriftMs}ms and ${updateIntervalMs}ms`)
  if (kind === 'none') throw invalid(`expected a strategy with watermarks in alignment group '${group}', found noWatermarks(): its group would wait for it for ever`)
  return { group, maxDriftMs, updateIntervalMs }
}

const withTimestamp = <T>(timestamp: TimestampAssigner<T> | undefined): { timestamp?: TimestampAssigner<T> } => (timestamp === undefined ? {} : { timestamp })

/** What `withIdleness` and `withWatermarkAlignment` say, as an option: a lambda for timestamps then still knows its records. */
export interface WatermarkOptions {
  /** See `withIdleness`. */
  readonly idleness?: Duration
  /** See `withWatermarkAlignment`. */
  readonly alignment?: { readonly group: string; readonly maxDrift: Duration; readonly updateInterval?: Duration }
}

function withOptions<T>(base: WatermarkStrategy<T>, { idleness, alignment }: WatermarkOptions = {}): WatermarkStrategy<T> {
  const idling = idleness === undefined ? base : base.withIdleness(idleness)
  return alignment === undefined ? idling : idling.withWatermarkAlignment(alignment.group, alignment.maxDrift, alignment.updateInterval)
}

/** Without `timestamp` records keep the one their source gave them. */
export const WatermarkStrategy = {
  noWatermarks: <T>(): WatermarkStrategy<T> => strategy({ kind: 'none', outOfOrdernessMs: 0 }),
  forMonotonousTimestamps: <T>(timestamp?: TimestampAssigner<T>, options?: WatermarkOptions): WatermarkStrategy<T> =>
    withOptions(strategy({ kind: 'monotonous', outOfOrdernessMs: 0, ...withTimestamp(timestamp) }), options),
  forBoundedOutOfOrderness: <T>(bound: Duration, timestamp?: TimestampAssigner<T>, options?: WatermarkOptions): WatermarkStrategy<T> =>
    withOptions(strategy({ kind: 'boundedOutOfOrderness', outOfOrdernessMs: durationMs(bound), ...withTimestamp(timestamp) }), options),
  forGenerator: <T>(generator: () => WatermarkGenerator<T>, timestamp?: TimestampAssigner<T>, options?: WatermarkOptions): WatermarkStrategy<T> =>
    withOptions(strategy({ kind: 'custom', outOfOrdernessMs: 0, generator, ...withTimestamp(timestamp) }), options),
  /** Uses the watermarks that the source itself emits. */
  fromSource: <T>(options?: WatermarkOptions): WatermarkStrategy<T> => withOptions(strategy({ kind: 'source', outOfOrdernessMs: 0 }), options),
}
