import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StatusWatermarkValve } from '../../../src/runtime/network/status-watermark-valve.ts'
import { MAX_WATERMARK, MIN_WATERMARK } from '../../../src/runtime/time/timestamps.ts'

type Emitted = number | 'idle' | 'active'

function valve(channels: number): { readonly valve: StatusWatermarkValve; take(): Emitted[] } {
  const emitted: Emitted[] = []
  return {
    valve: new StatusWatermarkValve(channels, (timestamp) => emitted.push(timestamp), (idle) => emitted.push(idle ? 'idle' : 'active')),
    take: () => emitted.splice(0),
  }
}

describe('one channel', () => {
  test('passes rising watermarks on and drops the others', () => {
    const { valve: merged, take } = valve(1)
    for (const timestamp of [0, 25, 25, 18, 42]) merged.inputWatermark(0, timestamp)
    expect(take()).toEqual([0, 25, 42])
  })
  test('passes statuses on once and ignores watermarks while idle', () => {
    const { valve: merged, take } = valve(1)
    merged.inputWatermark(0, 25)
    merged.inputStatus(0, true)
    merged.inputStatus(0, true)
    merged.inputWatermark(0, 50)
    expect(take()).toEqual([25, 'idle'])
    merged.inputStatus(0, false)
    merged.inputWatermark(0, 18)
    expect(take()).toEqual(['active'])
    merged.inputWatermark(0, 26)
    expect(take()).toEqual([26])
  })
})

describe('several channels', () => {
  test('the watermark is the minimum, once all have one', () => {
    const { valve: merged, take } = valve(3)
    merged.inputWatermark(0, 0)
    merged.inputWatermark(1, 0)
    expect(take()).toEqual([])
    merged.inputWatermark(2, 0)
    expect(take()).toEqual([0])
    merged.inputWatermark(0, 12)
    merged.inputWatermark(2, 8)
    merged.inputWatermark(2, 10)
    merged.inputWatermark(1, 15)
    expect(take()).toEqual([10])
    merged.inputWatermark(2, 17)
    expect(take()).toEqual([12])
    merged.inputWatermark(0, 20)
    expect(take()).toEqual([15])
  })
  test('the slowest channel becoming idle lets the watermark advance', () => {
    const { valve: merged, take } = valve(3)
    merged.inputWatermark(0, 25)
    merged.inputWatermark(1, 10)
    merged.inputWatermark(2, 17)
    expect(take()).toEqual([10])
    merged.inputStatus(1, true)
    expect(take()).toEqual([17])
    merged.inputStatus(2, true)
    expect(take()).toEqual([25])
  })
  test('with all channels idle the watermark holds, and idleness is passed on once', () => {
    const { valve: merged, take } = valve(2)
    merged.inputWatermark(0, 10)
    merged.inputWatermark(1, 20)
    merged.inputStatus(1, true)
    merged.inputStatus(0, true)
    expect(take()).toEqual([10, 'idle'])
    merged.inputStatus(0, false)
    expect(take()).toEqual(['active'])
  })
  test('a channel that comes back behind the output holds nothing back until it has caught up', () => {
    const { valve: merged, take } = valve(2)
    merged.inputStatus(1, true)
    merged.inputWatermark(0, 10)
    merged.inputStatus(1, false)
    expect(take()).toEqual([10])
    merged.inputWatermark(0, 12)
    merged.inputWatermark(1, 5)
    expect(take()).toEqual([12])
    merged.inputWatermark(1, 13)
    merged.inputWatermark(0, 20)
    expect(take()).toEqual([13])
  })
})

describe('the end of channels', () => {
  test('a finished channel holds nothing back', () => {
    const { valve: merged, take } = valve(2)
    merged.inputWatermark(0, 10)
    merged.inputWatermark(1, 20)
    merged.inputFinished(0)
    expect(take()).toEqual([10, 20])
  })
  test('only when all are finished the watermark goes to the end of time', () => {
    const { valve: merged, take } = valve(2)
    for (const channel of [0, 1]) {
      merged.inputWatermark(channel, MAX_WATERMARK)
      merged.inputFinished(channel)
      expect(take()).toEqual(channel === 0 ? [] : [MAX_WATERMARK])
    }
  })
  test.each([
    ['finished, then idle', (merged: StatusWatermarkValve) => { merged.inputFinished(0); merged.inputStatus(1, true) }],
    ['idle, then finished', (merged: StatusWatermarkValve) => { merged.inputStatus(1, true); merged.inputFinished(0) }],
    ['idle, then at the end of time, then finished', (merged: StatusWatermarkValve) => { merged.inputStatus(1, true); merged.inputWatermark(0, MAX_WATERMARK); merged.inputFinished(0) }],
    ['at the end of time, then idle, then finished', (merged: StatusWatermarkValve) => { merged.inputWatermark(0, MAX_WATERMARK); merged.inputStatus(1, true); merged.inputFinished(0) }],
  ])('one finished and one idle never go to the end of time: %s', (_name, play) => {
    const { valve: merged, take } = valve(2)
    play(merged)
    expect(take()).toEqual(['idle'])
    expect(merged.watermark).toBe(MIN_WATERMARK)
    merged.inputStatus(1, false)
    merged.inputWatermark(1, 7)
    expect(take()).toEqual(['active', 7])
  })
})

test('watermarks only rise, and statuses alternate, whatever arrives', () => {
  const action = fc.record({ channel: fc.nat(2), kind: fc.constantFrom('watermark', 'idle', 'active', 'finished'), timestamp: fc.oneof(fc.nat(30), fc.constant(MAX_WATERMARK)) })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const { valve: merged, take } = valve(3)
      const finished = new Set<number>()
      for (const { channel, kind, timestamp } of actions) {
        if (finished.has(channel)) continue
        if (kind === 'watermark') merged.inputWatermark(channel, timestamp)
        else if (kind === 'finished') {
          finished.add(channel)
          merged.inputFinished(channel)
        } else merged.inputStatus(channel, kind === 'idle')
      }
      const emitted = take()
      const watermarks = emitted.filter((element) => typeof element === 'number')
      expect(watermarks).toEqual([...new Set(watermarks)].sort((a, b) => a - b))
      const statuses = emitted.filter((element) => typeof element === 'string')
      expect(statuses).toEqual(statuses.map((_, index) => (index % 2 === 0 ? 'idle' : 'active')))
    }),
    { numRuns: 300 },
  )
})
