import { describe, expect, it } from 'vitest'
import { Triggers } from '../../src/functions/triggers.ts'
import {
  EventTimeSessionWindows,
  GlobalWindows,
  ProcessingTimeSessionWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../src/functions/window-assigners.ts'
import { alignedWindows, startOf } from '../../src/runtime/operators/window/aligned-windows.ts'
import { windowNaming } from '../../src/runtime/operators/window/window-namespace.ts'

describe('window assigners', () => {
  it('are data', () => {
    expect(TumblingEventTimeWindows.of('1d')).toEqual({ kind: 'tumbling', time: 'event', sizeMs: 86_400_000, offsetMs: 0 })
    expect(TumblingProcessingTimeWindows.of('5s')).toMatchObject({ kind: 'tumbling', time: 'processing' })
    expect(SlidingEventTimeWindows.of('1min', '1s')).toEqual({ kind: 'sliding', time: 'event', sizeMs: 60_000, slideMs: 1000, offsetMs: 0 })
    expect(SlidingProcessingTimeWindows.of('1min', '1s')).toMatchObject({ time: 'processing' })
    expect(EventTimeSessionWindows.withGap('5min')).toEqual({ kind: 'session', time: 'event', gapMs: 300_000 })
    expect(ProcessingTimeSessionWindows.withGap('5min')).toMatchObject({ time: 'processing' })
    expect(GlobalWindows.create()).toEqual({ kind: 'global' })
  })

  it('normalise offsets to one period, negative ones too', () => {
    expect(TumblingEventTimeWindows.of('1d', { offset: '-8h' })).toMatchObject({ offsetMs: 16 * 3_600_000 })
    expect(TumblingEventTimeWindows.of('1h', { offset: '90min' })).toMatchObject({ offsetMs: 1_800_000 })
    expect(TumblingEventTimeWindows.of('1h', { offset: '-1h' })).toMatchObject({ offsetMs: 0 })
  })

  it('refuse windows of no length', () => {
    for (const create of [() => TumblingEventTimeWindows.of('0s'), () => SlidingEventTimeWindows.of('1s', '0s'), () => EventTimeSessionWindows.withGap('0ms')]) {
      expect(create).toThrow(expect.objectContaining({ code: 'CORE_INVALID_WINDOW', origin: 'user' }))
    }
    expect(() => TumblingEventTimeWindows.of('10 secs' as never)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_DURATION' }))
  })

  it('align to the epoch plus offset, before the epoch as well', () => {
    expect([0, 9, 10, -1, -10, -11].map((timestamp) => startOf(timestamp, 10, 0))).toEqual([0, 0, 10, -10, -10, -20])
    expect([2, 3, 12, -7, -8].map((timestamp) => startOf(timestamp, 10, 3))).toEqual([-7, 3, 3, -7, -17])
    expect(alignedWindows(SlidingEventTimeWindows.of('15s', '10s')).slice).toBe(5000)
  })

  it('assign every window that covers a timestamp; sliding ones with gaps may have none', () => {
    const starts = (size: `${number}ms`, slide: `${number}ms`, timestamp: number) =>
      windowNaming(SlidingEventTimeWindows.of(size, slide))
        .assign(undefined, timestamp)
        .map(({ start }) => start)
    expect(starts('10ms', '5ms', 12)).toEqual([5, 10])
    expect(starts('10ms', '4ms', -1)).toEqual([-8, -4])
    expect(starts('3ms', '10ms', 12)).toEqual([10])
    expect(starts('3ms', '10ms', 13)).toEqual([])
  })

  it('name their windows in state one-to-one', () => {
    for (const assigner of [TumblingEventTimeWindows.of('10ms'), EventTimeSessionWindows.withGap('10ms'), GlobalWindows.create()]) {
      const { assign, namespaceOf, windowOf } = windowNaming(assigner)
      for (const window of assign(undefined, -7)) expect(windowOf(namespaceOf(window))).toEqual(window)
    }
  })
})

it('triggers refuse counts and intervals that never fire', () => {
  expect(() => Triggers.count(0)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TRIGGER' }))
  expect(() => Triggers.continuousEventTime('0s')).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TRIGGER' }))
  expect(Triggers.purging(Triggers.count(3)).name).toBe('purging(count(3))')
})
