import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Evictors, type Evictor } from '../../../../src/functions/evictors.ts'
import { Triggers } from '../../../../src/functions/triggers.ts'
import { EventTimeSessionWindows, ProcessingTimeSessionWindows, SlidingEventTimeWindows, SlidingProcessingTimeWindows, TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../../../../src/functions/window-assigners.ts'
import type { TimeWindow, Trigger, WindowAssigner } from '../../../../src/functions/window.ts'
import { hostileRun, type OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import { referenceWindows, type ReferenceSpec } from './reference-windows.ts'
import { keyed, listing, streams, windowSpec, type Row } from './window-fixture.ts'
import type { Reading } from './window-model.ts'

interface Assigner extends Pick<ReferenceSpec, 'assign' | 'time' | 'merging'> {
  readonly assigner: WindowAssigner<TimeWindow>
}
const fixed = (size: number, slide: number) => (timestamp: number): readonly TimeWindow[] => {
  const windows: TimeWindow[] = []
  for (let start = Math.floor(timestamp / slide) * slide; start > timestamp - size; start -= slide) windows.push({ start, end: start + size })
  return windows
}
const session = (timestamp: number): readonly TimeWindow[] => [{ start: timestamp, end: timestamp + 5 }]
const assigners: readonly Assigner[] = [
  { assigner: TumblingEventTimeWindows.of('8ms'), time: 'event', merging: false, assign: fixed(8, 8) },
  { assigner: SlidingEventTimeWindows.of('9ms', '4ms'), time: 'event', merging: false, assign: fixed(9, 4) },
  { assigner: EventTimeSessionWindows.withGap('5ms'), time: 'event', merging: true, assign: session },
  { assigner: TumblingProcessingTimeWindows.of('8ms'), time: 'processing', merging: false, assign: fixed(8, 8) },
  { assigner: SlidingProcessingTimeWindows.of('9ms', '4ms'), time: 'processing', merging: false, assign: fixed(9, 4) },
  { assigner: ProcessingTimeSessionWindows.withGap('5ms'), time: 'processing', merging: true, assign: session },
]
const difference = (a: Reading, b: Reading): number => Math.abs(a.value - b.value)
const triggers: readonly Trigger<Reading>[] = [
  Triggers.eventTime(),
  Triggers.processingTime(),
  Triggers.count(2),
  Triggers.delta(4, difference),
  Triggers.continuousEventTime('3ms'),
  Triggers.continuousProcessingTime('3ms'),
  Triggers.processingTimeout(Triggers.count(4), '6ms'),
  Triggers.processingTimeout(Triggers.eventTime(), '4ms', { resetOnElement: true }),
  Triggers.never(),
]
const evictors: readonly (Evictor<Reading> | undefined)[] = [undefined, Evictors.count(2), Evictors.time('3ms'), Evictors.delta(4, difference), Evictors.count(1, { evictAfter: true })]

/** The streams of the other window tests, with processing time going on now and then. */
const timed: fc.Arbitrary<readonly OperatorEvent[]> = fc.tuple(streams, fc.array(fc.tuple(fc.nat(40), fc.nat(6)), { maxLength: 12 })).map(([events, steps]) => {
  let now = 0
  const passing = new Map(steps.map(([index, ms]) => [index, ms]))
  return events.flatMap((event, index): OperatorEvent[] => {
    const ms = passing.get(index)
    return ms === undefined ? [event] : [event, { kind: 'processingTime', now: (now += ms) }]
  })
})

/** Rows of the engine, with the values of merged windows in order: what order they have there is not said. */
const rowsOf = (emitted: Awaited<ReturnType<typeof hostileRun>>, merging: boolean): readonly string[] =>
  emitted
    .flatMap((event) => (event.kind === 'record' ? [event] : []))
    .map(({ value, timestamp }) => {
      const { key, start, value: values } = value as Row & { readonly value: readonly number[] }
      return `${key} ${start} ${(merging ? values.toSorted((a, b) => a - b) : values).join()} @ ${timestamp}`
    })
    .sort()

describe('every assigner × trigger × evictor × lateness', () => {
  it.each(triggers.flatMap((trigger) => [trigger, Triggers.purging(trigger)]).map((trigger) => ({ name: trigger.name, trigger })))('$name', async ({ trigger }) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...assigners), fc.constantFrom(...evictors), fc.constantFrom(0, 0, 4, 20), timed, async (assigner, chosen, latenessMs, events) => {
        const mergeable = !assigner.merging || trigger.onMerge !== undefined
        fc.pre(mergeable)
        // what an evictor leaves depends on an order that merged windows do not have
        const evictor = assigner.merging ? undefined : chosen
        const spec = windowSpec(assigner.assigner, { function: listing, trigger: trigger as never, allowedLatenessMs: latenessMs, ...(evictor === undefined ? {} : { evictor: evictor as never }) })
        const expected = referenceWindows({ ...assigner, trigger, latenessMs, ...(evictor === undefined ? {} : { evictor }) }, events)
        expect(rowsOf(await hostileRun(spec, events, keyed), assigner.merging)).toEqual(expected)
      }),
      { numRuns: 12 },
    )
  })
})
