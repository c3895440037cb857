import fc from 'fast-check'
import { sum } from '../../../../src/functions/aggregates.ts'
import { Triggers } from '../../../../src/functions/triggers.ts'
import type { TimeWindow, Trigger, WindowAssigner } from '../../../../src/functions/window.ts'
import type { WindowFunctionSpec, WindowSpec } from '../../../../src/graph/operator-spec.ts'
import type { HarnessEvent } from '../../../../src/testing/harness-output.ts'
import type { OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import type { HarnessOptions } from '../../../../src/testing/operator-harness.ts'
import type { ModelSpec, Reading } from './window-model.ts'

export const keyed: HarnessOptions = { keys: [{ kind: 'field', field: 'key' }] }

export interface Row {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly value: unknown
}

const finish = (value: unknown, key: unknown, window: TimeWindow): Row => ({ key: key as string, start: window.start, end: window.end, value })

export const summing: WindowFunctionSpec = { kind: 'aggregate', aggregate: sum((reading: Reading) => reading.value) as never, finish: finish as never }
const { merge: _unmergeable, ...rest } = sum((reading: Reading) => reading.value)
export const summingWithoutMerge: WindowFunctionSpec = { kind: 'aggregate', aggregate: rest as never, finish: finish as never }
export const listing: WindowFunctionSpec = {
  kind: 'process',
  open: () => ((elements: readonly Reading[], { key, window }: { key: string; window: TimeWindow }, output: { collect(value: unknown): void }) => {
    output.collect(finish(elements.map(({ value }) => value), key, window))
  }) as never,
}

export function windowSpec(assigner: WindowAssigner<TimeWindow, never>, options: Partial<WindowSpec> = {}): WindowSpec {
  return { kind: 'window', assigner, allowedLatenessMs: 0, lateTag: 'late', function: summing, ...options }
}

export function alignedAssigner({ size, slide, offset }: ModelSpec): WindowAssigner<TimeWindow> {
  return size === slide
    ? { kind: 'tumbling', time: 'event', sizeMs: size, offsetMs: offset }
    : { kind: 'sliding', time: 'event', sizeMs: size, slideMs: slide, offsetMs: offset }
}

/** The default trigger under another identity: sends windows the key-major way. */
export const keyMajorTrigger: Trigger<never> = { ...Triggers.eventTime(), name: 'eventTime again' }

export const element = (key: string, value: number, timestamp: number): OperatorEvent => ({ kind: 'element', value: { key, value }, timestamp })
export const watermark = (timestamp: number): OperatorEvent => ({ kind: 'watermark', timestamp })

export function rowsOf(events: readonly HarnessEvent[]): readonly string[] {
  return events
    .flatMap((event) => (event.kind === 'record' ? [event] : []))
    .map(({ value, timestamp }) => {
      const row = value as Row
      return `${row.key} ${row.start} ${String(row.value)} @ ${timestamp}`
    })
    .sort()
}

export const lateOf = (events: readonly HarnessEvent[]): readonly unknown[] => events.flatMap((event) => (event.kind === 'side' ? [event.value] : []))

/** Elements of few keys, up to 30 ms out of order, around a watermark that follows the same clock: some late, some just not. */
export const streams: fc.Arbitrary<readonly OperatorEvent[]> = fc
  .array(
    fc.record({
      passed: fc.nat(5),
      key: fc.constantFrom('a', 'b'),
      value: fc.integer({ min: -9, max: 9 }),
      shift: fc.integer({ min: -30, max: 8 }),
      mark: fc.option(fc.integer({ min: -12, max: 2 }), { freq: 3 }),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let now = -20
    return steps.map(({ passed, key, value, shift, mark }) => {
      now += passed
      return mark === null ? element(key, value, now + shift) : watermark(now + mark)
    })
  })

export const geometries: fc.Arbitrary<ModelSpec> = fc
  .record({
    size: fc.integer({ min: 1, max: 20 }),
    slide: fc.integer({ min: 1, max: 25 }),
    tumbling: fc.boolean(),
    shift: fc.nat(24),
    lateness: fc.constantFrom(0, 0, 3, 12),
  })
  .map(({ size, slide, tumbling, shift, lateness }) => {
    const period = tumbling ? size : slide
    return { size, slide: period, offset: shift % period, lateness }
  })
