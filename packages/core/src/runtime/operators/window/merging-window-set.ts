import type { TimeWindow } from '../../../functions/window.ts'

/** What became of a window that was added. */
export interface MergeResult {
  /** The window the added one is now part of. */
  readonly window: TimeWindow
  /** Windows that are gone, if the added one enlarged or joined any. */
  readonly mergedAway: readonly TimeWindow[]
  /** State windows whose contents belong into that of `window`. */
  readonly mergedStates: readonly TimeWindow[]
}

interface Entry {
  readonly window: TimeWindow
  /** The window under which the contents are kept: one of those merged, so that merging moves as little as possible. */
  readonly state: TimeWindow
}

const NOTHING: readonly TimeWindow[] = []

/**
 * The windows of one key that merge when they overlap or touch, and where each keeps its contents: the technique of Flink's
 * MergingWindowSet. Loaded from and saved to state as a flat list of numbers, four per window.
 */
export class MergingWindowSet {
  #entries: Entry[] = []
  #changed = false

  load(saved: readonly number[] | undefined): void {
    this.#changed = false
    this.#entries = []
    if (saved === undefined) return
    for (let at = 0; at + 3 < saved.length; at += 4) {
      const [start, end, stateStart, stateEnd] = saved.slice(at, at + 4) as [number, number, number, number]
      this.#entries.push({ window: { start, end }, state: { start: stateStart, end: stateEnd } })
    }
  }

  /** What to save; undefined if nothing has changed since `load`. Empty: there is no window left. */
  changes(): readonly number[] | undefined {
    return this.#changed ? this.#entries.flatMap(({ window, state }) => [window.start, window.end, state.start, state.end]) : undefined
  }

  stateWindow(window: TimeWindow): TimeWindow | undefined {
    return this.#entries.find((entry) => same(entry.window, window))?.state
  }

  retire(window: TimeWindow): void {
    const kept = this.#entries.filter((entry) => !same(entry.window, window))
    this.#changed ||= kept.length < this.#entries.length
    this.#entries = kept
  }

  add(added: TimeWindow): MergeResult {
    const touched = this.#touching(added)
    const [first] = touched
    if (first === undefined) {
      this.#entries.push({ window: added, state: added })
      this.#changed = true
      return { window: added, mergedAway: NOTHING, mergedStates: NOTHING }
    }
    const window = touched.reduce((cover, entry) => union(cover, entry.window), added)
    if (touched.length === 1 && same(window, first.window)) return { window: first.window, mergedAway: NOTHING, mergedStates: NOTHING }
    this.#entries = this.#entries.filter((entry) => !touched.includes(entry))
    this.#entries.push({ window, state: first.state })
    this.#changed = true
    return { window, mergedAway: touched.map((entry) => entry.window), mergedStates: touched.slice(1).map((entry) => entry.state) }
  }

  /** Entries that overlap or touch `window`; those in the set never touch each other. */
  #touching(window: TimeWindow): readonly Entry[] {
    return this.#entries.filter((entry) => entry.window.start <= window.end && entry.window.end >= window.start)
  }
}

function same(a: TimeWindow, b: TimeWindow): boolean {
  return a.start === b.start && a.end === b.end
}

function union(a: TimeWindow, b: TimeWindow): TimeWindow {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) }
}
