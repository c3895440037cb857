import { describe, expect, it } from 'vitest'
import { Triggers } from '../../src/functions/triggers.ts'
import { EventTimeSessionWindows, GlobalWindows, ProcessingTimeSessionWindows, TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../../src/functions/window-assigners.ts'
import type { TimeWindow, Trigger, WindowAssigner } from '../../src/functions/window.ts'
import { hostileRun, type OperatorEvent } from '../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../src/testing/operator-harness.ts'
import { element, keyed, listing, rowsOf, watermark, windowSpec } from '../runtime/operators/window/window-fixture.ts'

const processingTime = (now: number): OperatorEvent => ({ kind: 'processingTime', now })
const run = async (assigner: WindowAssigner<TimeWindow, never>, trigger: Trigger<never>, events: readonly OperatorEvent[]): Promise<readonly string[]> =>
  rowsOf(await hostileRun(windowSpec(assigner as never, { trigger, function: listing }), events, keyed))

describe('continuous processing time', () => {
  it('fires at every multiple of the interval since its first element', async () => {
    const spec = windowSpec(TumblingProcessingTimeWindows.of('1h'), { trigger: Triggers.continuousProcessingTime('10ms'), function: listing })
    const harness = await createOperatorHarness(spec, { ...keyed, now: 3 })
    harness.element({ key: 'a', value: 1 }, 0)
    harness.advanceTo(9)
    expect(harness.records()).toEqual([])
    harness.advanceTo(10)
    harness.element({ key: 'a', value: 2 }, 0)
    harness.advanceTo(30)
    expect(rowsOf(harness.output)).toEqual(['a 0 1 @ 3599999', 'a 0 1,2 @ 3599999', 'a 0 1,2 @ 3599999'])
    await harness.close()
  })

  it('goes on where windows merge, at the earliest of their times', async () => {
    const events = [element('a', 1, 0), processingTime(4), element('a', 2, 8), element('a', 3, 4), processingTime(10), watermark(30)]
    expect(await run(EventTimeSessionWindows.withGap('5ms'), Triggers.continuousProcessingTime('10ms'), events)).toEqual(['a 0 1,2,3 @ 12'])
  })

  it('at the end of the input fires what waits, each window once', async () => {
    const events = [element('a', 1, 0), processingTime(12), element('b', 2, 0), processingTime(13), element('a', 3, 0)]
    expect(await run(TumblingProcessingTimeWindows.of('1h'), Triggers.continuousProcessingTime('10ms'), events)).toEqual(['a 0 1 @ 3599999', 'a 0 1,3 @ 3599999', 'b 0 2 @ 3599999'])
    expect(await run(GlobalWindows.create(), Triggers.continuousProcessingTime('10ms'), [element('a', 1, 0)])).toHaveLength(1)
  })

  it('refuses an interval of nothing', () => {
    expect(() => Triggers.continuousProcessingTime('0ms')).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TRIGGER' }))
  })
})

describe('delta', () => {
  it('fires when an element is further from the one that fired last than the threshold', async () => {
    const events = [1, 4, 6, 9, 12, 13].map((value) => element('a', value, value))
    const trigger = Triggers.purging(Triggers.delta(4, (last: { value: number }, { value }: { value: number }) => value - last.value))
    expect(await run(TumblingEventTimeWindows.of('1h'), trigger, events)).toEqual(['a 0 1,4,6 @ 3599999', 'a 0 9,12 @ 3599999'])
  })
})

describe('processing timeout', () => {
  const after = (options?: { readonly resetOnElement: boolean }): Trigger<unknown> => Triggers.purging(Triggers.processingTimeout(Triggers.count(3), '10ms', options))
  const window = GlobalWindows.create()
  const values = async (events: readonly OperatorEvent[], options?: { readonly resetOnElement: boolean }): Promise<readonly string[]> =>
    (await run(window, after(options), events)).map((row) => row.split(' ')[2] ?? '')

  it('fires what waits since the first element, and begins anew after its trigger fired', async () => {
    const events = [element('a', 1, 0), processingTime(6), element('a', 2, 0), processingTime(9), element('b', 9, 0), processingTime(10), ...[3, 4, 5].map((value) => element('a', value, 0)), processingTime(30)]
    // the count goes on: the trigger inside is not told of the timeout
    expect(await values(events)).toEqual(['1,2', '3', '4,5', '9'])
  })

  it('counts from the last element if told so', async () => {
    const events = [element('a', 1, 0), processingTime(6), element('a', 2, 0), processingTime(15), processingTime(16)]
    expect(await values(events, { resetOnElement: true })).toEqual(['1,2'])
    expect(await values([element('a', 1, 0), processingTime(6), element('a', 2, 0), processingTime(9)], { resetOnElement: true })).toEqual(['1,2'])
  })

  it('ends with its trigger at the end of an event-time window', async () => {
    const events = [element('a', 1, 3), processingTime(5), watermark(9), processingTime(50)]
    expect(await run(TumblingEventTimeWindows.of('10ms'), Triggers.processingTimeout(Triggers.eventTime(), '20ms'), events)).toEqual(['a 0 1 @ 9'])
  })
})

describe('sessions with a dynamic gap', () => {
  it('end a gap after each record that the record itself names', async () => {
    const assigner = EventTimeSessionWindows.withDynamicGap(({ value }: { value: number }) => value)
    const events = [element('a', 10, 0), element('a', 2, 9), element('a', 5, 12), watermark(100)]
    expect(await run(assigner, Triggers.eventTime(), events)).toEqual(['a 0 10,2 @ 10', 'a 12 5 @ 16'])
  })

  it('go by arrival in processing time, and refuse a gap of nothing', async () => {
    const assigner = ProcessingTimeSessionWindows.withDynamicGap(({ value }: { value: number }) => value)
    const events = [element('a', 5, 0), processingTime(3), element('a', 3, 0), processingTime(7), element('a', 9, 0)]
    expect(await run(assigner, Triggers.processingTime(), events)).toEqual(['a 0 5,3 @ 5', 'a 7 9 @ 15'])
    await expect(run(assigner, Triggers.processingTime(), [element('a', 0, 0)])).rejects.toMatchObject({ code: 'CORE_INVALID_WINDOW' })
  })
})
