import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MergingWindowSet } from '../../../../src/runtime/operators/window/merging-window-set.ts'

const window = (start: number, end: number) => ({ start, end })

describe('MergingWindowSet', () => {
  it('keeps windows apart that do not touch', () => {
    const set = new MergingWindowSet()
    set.load(undefined)
    expect(set.add(window(0, 4))).toEqual({ window: window(0, 4), mergedAway: [], mergedStates: [] })
    expect(set.add(window(11, 14)).window).toEqual(window(11, 14))
    expect(set.stateWindow(window(0, 4))).toEqual(window(0, 4))
    expect(set.stateWindow(window(11, 14))).toEqual(window(11, 14))
  })

  it('merges what overlaps or touches, keeping the contents where they were', () => {
    const set = new MergingWindowSet()
    set.load(undefined)
    set.add(window(0, 4))
    expect(set.add(window(4, 8))).toEqual({ window: window(0, 8), mergedAway: [window(0, 4)], mergedStates: [] })
    expect(set.stateWindow(window(0, 8))).toEqual(window(0, 4))
    expect(set.stateWindow(window(0, 4))).toBeUndefined()
  })

  it('adds nothing for a window inside another', () => {
    const set = new MergingWindowSet()
    set.load([0, 10, 2, 5])
    expect(set.add(window(3, 7))).toEqual({ window: window(0, 10), mergedAway: [], mergedStates: [] })
    expect(set.changes()).toBeUndefined()
  })

  it('joins several windows and says whose contents must move', () => {
    const set = new MergingWindowSet()
    set.load(undefined)
    set.add(window(0, 3))
    set.add(window(5, 8))
    set.add(window(20, 25))
    expect(set.add(window(2, 6))).toEqual({ window: window(0, 8), mergedAway: [window(0, 3), window(5, 8)], mergedStates: [window(5, 8)] })
    expect(set.stateWindow(window(20, 25))).toEqual(window(20, 25))
  })

  it('is restored from what it saved, and forgets retired windows', () => {
    const set = new MergingWindowSet()
    set.load(undefined)
    set.add(window(0, 3))
    set.add(window(2, 9))
    const saved = set.changes()
    expect(saved).toEqual([0, 9, 0, 3])
    const restored = new MergingWindowSet()
    restored.load(saved)
    expect(restored.stateWindow(window(0, 9))).toEqual(window(0, 3))
    restored.retire(window(0, 9))
    expect(restored.changes()).toEqual([])
  })

  it('covers exactly the union of all windows added, in disjoint windows that do not touch', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 8 })), { maxLength: 20 }), (added) => {
        const set = new MergingWindowSet()
        set.load(undefined)
        for (const [start, size] of added) set.add(window(start, start + size))
        const saved = set.changes() ?? []
        const windows = Array.from({ length: saved.length / 4 }, (_, index) => window(saved[index * 4] as number, saved[index * 4 + 1] as number)).sort((a, b) => a.start - b.start)
        for (let index = 1; index < windows.length; index++) expect(windows[index]?.start).toBeGreaterThan(windows[index - 1]?.end as number)
        for (let at = 0; at < 70; at++) {
          expect(windows.some(({ start, end }) => at >= start && at < end)).toBe(added.some(([start, size]) => at >= start && at < start + size))
        }
      }),
      { numRuns: 200 },
    )
  })
})
