import { accumulatorResults } from '../environment/accumulator-results.ts'
import type { AccumulatorResults } from '../functions/accumulator.ts'
import type { OutputTag } from '../functions/output-tag.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import { DEAD_LETTER_TAG } from '../graph/stream-graph.ts'
import { MAX_WATERMARK, NO_TIMESTAMP } from '../runtime/time/timestamps.ts'
import type { BadRecord } from '../spi/bad-record.ts'
import type { HarnessSnapshot } from './harness-snapshot.ts'
import { createOperatorHarness, type HarnessOptions, type OperatorHarness } from './operator-harness.ts'

/** `restore`: snapshots of earlier harnesses, of one for each subtask; the parallelism may be another than theirs. */
export type FunctionHarnessOptions = Pick<HarnessOptions, 'restore' | 'now' | 'onError' | 'cachedFiles' | 'subtaskIndex' | 'parallelism' | 'maxParallelism' | 'stateBackend'>

/** Drives a function by hand, in virtual time. What it throws is thrown by the call that made it, as in a job: a MillraceError. */
export interface FunctionHarness<R> extends AsyncDisposable {
  /** What is below, for what this does not offer. */
  readonly operator: OperatorHarness
  /** Everything emitted so far. */
  outputs(): readonly R[]
  /** What was emitted since the last call of `take`. */
  take(): readonly R[]
  /** Timestamps of `outputs`. */
  timestamps(): readonly number[]
  side<X>(tag: OutputTag<X>): readonly X[]
  /** What failed, if the harness has the option `onError` with a dead letter. */
  deadLetters(): readonly BadRecord[]
  watermark(timestamp: number): void
  /** Moves processing time on to `now`, and fires the timers that are due by then. */
  advanceTo(now: number): void
  accumulators(): AccumulatorResults
  /** A counter or gauge of the function, or of its operator; 0 if there is none. */
  metric(name: string): number
  /** State and timers, for another harness to begin with. */
  snapshot(): Promise<HarnessSnapshot>
  /** The end of bounded input: time goes to its end, pending processing-time timers fire, `finish` is called. */
  finish(): Promise<void>
  close(): Promise<void>
}

export interface FirstInput<in T> {
  /** Without a timestamp the element has none, as from a source without a watermark strategy. */
  element(value: T, timestamp?: number): void
}

export interface SecondInput<in T> {
  element2(value: T, timestamp?: number): void
}

export async function createFunctionHarness<A, B, R>(
  operator: OperatorSpec,
  keys: readonly (KeySelector | null)[],
  options: FunctionHarnessOptions = {},
): Promise<FunctionHarness<R> & FirstInput<A> & SecondInput<B>> {
  const harness = await createOperatorHarness(operator, { ...options, keys })
  let taken = 0
  const records = (): readonly { readonly value: R; readonly timestamp: number }[] =>
    harness.output.flatMap((event) => (event.kind === 'record' ? [{ value: event.value as R, timestamp: event.timestamp }] : []))
  return {
    operator: harness,
    element: (value, timestamp = NO_TIMESTAMP) => harness.element(value, timestamp, 0),
    element2: (value, timestamp = NO_TIMESTAMP) => harness.element(value, timestamp, 1),
    outputs: () => records().map(({ value }) => value),
    take() {
      const news = records().slice(taken)
      taken += news.length
      return news.map(({ value }) => value)
    },
    timestamps: () => records().map(({ timestamp }) => timestamp),
    side: <X>({ id }: OutputTag<X>) => harness.side(id) as readonly X[],
    deadLetters: () => harness.side(DEAD_LETTER_TAG) as readonly BadRecord[],
    watermark: (timestamp) => harness.watermark(timestamp),
    advanceTo: (now) => harness.advanceTo(now),
    accumulators: () => accumulatorResults(harness.metrics()),
    metric: (name) => harness.counter(name),
    snapshot: () => harness.snapshot(),
    async finish() {
      harness.watermark(MAX_WATERMARK)
      harness.endInput(0)
      if (keys.length > 1) harness.endInput(1)
      await harness.finish()
    },
    close: () => harness.close(),
    [Symbol.asyncDispose]: () => harness.close(),
  }
}
