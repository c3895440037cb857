import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Triggers } from '../../../../src/functions/triggers.ts'
import { EventTimeSessionWindows, GlobalWindows, ProcessingTimeSessionWindows, SlidingProcessingTimeWindows, TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../../../../src/functions/window-assigners.ts'
import type { Trigger } from '../../../../src/functions/window.ts'
import { hostileRun, type OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../../src/testing/operator-harness.ts'
import { element, keyed, lateOf, listing, rowsOf, streams, summing, summingWithoutMerge, watermark, windowSpec } from './window-fixture.ts'

const trigger = (one: Trigger<unknown>): { trigger: Trigger<never> } => ({ trigger: one as Trigger<never> })
const processingTime = (now: number): OperatorEvent => ({ kind: 'processingTime', now })

describe('session windows', () => {
  it('merge, fire when the watermark passes the gap, and merge list contents in order', async () => {
    const events = [element('a', 1, 0), element('b', 7, 3), element('a', 2, 8), element('a', 3, 4), watermark(30), element('a', 4, 40), watermark(60)]
    for (const [fn, first] of [[summing, '6'], [listing, '1,2,3']] as const) {
      const output = await hostileRun(windowSpec(EventTimeSessionWindows.withGap('5ms'), { function: fn }), events, keyed)
      expect(rowsOf(output)).toEqual([`a 0 ${first} @ 12`, 'a 40 4 @ 44', 'b 3 7 @ 7'])
    }
  })

  it('a late element that joins a session still open is not late; one on its own is', async () => {
    const spec = windowSpec(EventTimeSessionWindows.withGap('10ms'))
    const events = [element('a', 1, 20), watermark(25), element('a', 2, 12), element('b', 5, 3), watermark(50)]
    const output = await hostileRun(spec, events, keyed)
    expect(rowsOf(output)).toEqual(['a 12 3 @ 29'])
    expect(lateOf(output)).toEqual([{ key: 'b', value: 5 }])
  })

  it('within the allowed lateness a late element fires its merged session again', async () => {
    const spec = windowSpec(EventTimeSessionWindows.withGap('10ms'), { allowedLatenessMs: 20 })
    const output = await hostileRun(spec, [element('a', 1, 0), watermark(10), element('a', 2, 5), watermark(14), element('a', 4, 6)], keyed)
    // [0, 10) fired; [0, 15) fires when its end passes; the last one extends it to 16
    expect(rowsOf(output)).toEqual(['a 0 1 @ 9', 'a 0 3 @ 14', 'a 0 7 @ 15'])
  })

  it('leave no timers of merged sessions behind', async () => {
    const harness = await createOperatorHarness(windowSpec(EventTimeSessionWindows.withGap('10ms'), { allowedLatenessMs: 3 }), keyed)
    harness.element({ key: 'a', value: 1 }, 0)
    const entries = harness.entryCount()
    for (let timestamp = 1; timestamp < 20; timestamp++) harness.element({ key: 'a', value: 1 }, timestamp)
    expect(harness.entryCount()).toBe(entries)
    harness.watermark(40)
    expect(harness.entryCount()).toBe(0)
    await harness.close()
  })

  it('refuse aggregates and triggers that cannot merge', async () => {
    const unmergeable = createOperatorHarness(windowSpec(EventTimeSessionWindows.withGap('1s'), { function: summingWithoutMerge }), keyed)
    await expect(unmergeable).rejects.toMatchObject({ code: 'CORE_NOT_MERGEABLE', origin: 'user' })
    const { onMerge: _onMerge, ...withoutMerge } = Triggers.eventTime()
    const bad = createOperatorHarness(windowSpec(EventTimeSessionWindows.withGap('1s'), trigger({ ...withoutMerge, name: 'mine' })), keyed)
    await expect(bad).rejects.toMatchObject({ code: 'CORE_NOT_MERGEABLE', message: expect.stringContaining('mine') })
  })

  it('agree with a model that sorts each key (no element late)', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.integer({ min: 1, max: 9 }), async (events, gap) => {
        const elements = events.filter((event) => event.kind === 'element')
        const output = await hostileRun(windowSpec(EventTimeSessionWindows.withGap(`${gap}ms`)), elements, keyed)
        const expected: string[] = []
        for (const key of ['a', 'b', 'c']) {
          const own = elements.filter(({ value }) => (value as { key: string }).key === key).sort((a, b) => a.timestamp - b.timestamp)
          let session: { start: number; end: number; sum: number } | undefined
          const flush = (): void => void (session && expected.push(`${key} ${session.start} ${session.sum} @ ${session.end - 1}`))
          for (const { timestamp, value } of own) {
            if (session === undefined || timestamp > session.end) {
              flush()
              session = { start: timestamp, end: timestamp, sum: 0 }
            }
            session.end = timestamp + gap
            session.sum += (value as { value: number }).value
          }
          flush()
        }
        expect(rowsOf(output)).toEqual(expected.sort())
      }),
      { numRuns: 25 },
    )
  })

  it('by processing time', async () => {
    const output = await hostileRun(
      windowSpec(ProcessingTimeSessionWindows.withGap('5ms')),
      [element('a', 1, 0), processingTime(3), element('a', 2, 0), processingTime(8), element('a', 3, 0), processingTime(20)],
      keyed,
    )
    expect(rowsOf(output)).toEqual(['a 0 3 @ 7', 'a 8 3 @ 12'])
  })
})

describe('processing-time windows', () => {
  it('tumbling: fire by the clock, never have late elements, and fire at the end of input', async () => {
    const events = [element('a', 1, -5), processingTime(4), element('a', 2, 7), watermark(1000), processingTime(12), element('b', 3, 1), processingTime(15)]
    const output = await hostileRun(windowSpec(TumblingProcessingTimeWindows.of('10ms')), events, keyed)
    expect(rowsOf(output)).toEqual(['a 0 3 @ 9', 'b 10 3 @ 19'])
    expect(lateOf(output)).toEqual([])
  })

  it('sliding', async () => {
    const output = await hostileRun(windowSpec(SlidingProcessingTimeWindows.of('10ms', '5ms')), [processingTime(7), element('a', 1, 0), processingTime(40)], keyed)
    expect(rowsOf(output)).toEqual(['a 0 1 @ 9', 'a 5 1 @ 14'])
  })
})

describe('triggers', () => {
  it('count fires every n elements and keeps the contents; purging drops them', async () => {
    const events = [1, 2, 3, 4, 5].map((value) => element('a', value, value))
    const counting = await hostileRun(windowSpec(GlobalWindows.create(), { function: listing, ...trigger(Triggers.count(2)) }), events, keyed)
    expect(counting.flatMap((event) => (event.kind === 'record' ? [(event.value as { value: unknown }).value] : []))).toEqual([[1, 2], [1, 2, 3, 4]])
    const purging = await hostileRun(windowSpec(GlobalWindows.create(), { function: listing, ...trigger(Triggers.purging(Triggers.count(2))) }), events, keyed)
    expect(purging.flatMap((event) => (event.kind === 'record' ? [(event.value as { value: unknown }).value] : []))).toEqual([[1, 2], [3, 4]])
  })

  it('global windows never fire by default and take records without timestamps', async () => {
    const harness = await createOperatorHarness(windowSpec(GlobalWindows.create()), keyed)
    harness.element({ key: 'a', value: 1 }, Number.MIN_SAFE_INTEGER)
    harness.watermark(Number.MAX_SAFE_INTEGER)
    await harness.finish()
    expect(harness.records()).toEqual([])
    expect(harness.entryCount()).toBe(1)
    await harness.close()
  })

  it('count merges with sessions', async () => {
    const spec = windowSpec(EventTimeSessionWindows.withGap('5ms'), trigger(Triggers.purging(Triggers.count(3))))
    const output = await hostileRun(spec, [element('a', 1, 0), element('a', 2, 8), element('a', 4, 4), element('a', 8, 30)], keyed)
    expect(rowsOf(output)).toEqual(['a 0 7 @ 12'])
  })

  it('continuous event time fires early at every interval and at the end', async () => {
    const spec = windowSpec(TumblingEventTimeWindows.of('20ms'), trigger(Triggers.continuousEventTime('5ms')))
    const events = [element('a', 1, 1), watermark(6), element('a', 2, 7), watermark(12), watermark(19)]
    const output = await hostileRun(spec, events, keyed)
    expect(rowsOf(output)).toEqual(['a 0 1 @ 19', 'a 0 3 @ 19', 'a 0 3 @ 19', 'a 0 3 @ 19'])
  })

  it('a window whose contents were purged does not fire empty, and its clean-up leaves nothing', async () => {
    const purge: Trigger<unknown> = { ...Triggers.eventTime(), name: 'purges at once', onElement: (_v, _t, window, context) => (context.registerEventTimeTimer(window.end - 1), 'purge') }
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms'), trigger(purge)), keyed)
    harness.element({ key: 'a', value: 1 }, 1)
    harness.watermark(20)
    expect(harness.records()).toEqual([])
    expect(harness.entryCount()).toBe(0)
    await harness.close()
  })

  it('state and timers of a trigger are gone after the window with its allowed lateness', async () => {
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms'), { allowedLatenessMs: 5, ...trigger(Triggers.count(9)) }), keyed)
    harness.element({ key: 'a', value: 1 }, 1)
    harness.watermark(13)
    expect(harness.entryCount()).toBeGreaterThan(0)
    harness.watermark(14)
    expect(harness.entryCount()).toBe(0)
    await harness.close()
  })
})

describe('records without a timestamp', () => {
  it.each(['window-major', 'key-major'] as const)('are refused by event-time windows, %s', async (path) => {
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'), path === 'key-major' ? { function: listing } : {})
    // a stream without timestamps is a mistake in the job, not a bad record
    const harness = await createOperatorHarness(spec, { ...keyed, onError: 'skip' })
    const error = (timestamp: number) => {
      try {
        harness.element({ key: 'a', value: 1 }, timestamp)
        return undefined
      } catch (thrown) {
        return thrown
      }
    }
    expect(error(Number.MIN_SAFE_INTEGER)).toMatchObject({ code: 'CORE_NO_TIMESTAMP', origin: 'user', at: { operator: 'window' } })
    expect(error(Number.NaN)).toMatchObject({ code: 'CORE_NO_TIMESTAMP' })
    await harness.close()
  })
})
