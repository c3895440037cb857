import type { KeyedEvents } from './keyed-events.ts'
import { OUT_OF_ORDER_MS } from './keyed-events.ts'
import { WATERMARK_EVERY, WINDOW_MS } from './tumbling-count.ts'

/** One record with its multiplicity, keyed by window and key together: array keys would be told apart by identity. */
export type WindowedChange = [windowedKey: [key: string, value: number], multiplicity: number]

/** Windows in the order of their numbers: start ÷ WINDOW_MS. */
type Complete = (window: number, changes: WindowedChange[]) => void

/**
 * Feeds a library that knows no event time: collects the records of a window until the watermark has passed it, then
 * hands them over at once. That is its best case: one large change instead of many small ones, and no result that a later
 * record retracts.
 */
export function feedWindows(events: KeyedEvents, records: number, complete: Complete): void {
  const open = new Map<number, WindowedChange[]>()
  let newest = -Infinity
  const advance = (watermark: number): void => {
    for (const [window, changes] of open) {
      if ((window + 1) * WINDOW_MS - 1 > watermark) continue
      open.delete(window)
      complete(window, changes)
    }
  }
  for (let index = 0; index < records; index++) {
    const { key, timestamp } = events.read(index)
    if (timestamp > newest) newest = timestamp
    const window = Math.floor(timestamp / WINDOW_MS)
    let changes = open.get(window)
    if (changes === undefined) open.set(window, (changes = []))
    changes.push([[`${window}/${key}`, 1], 1])
    if ((index + 1) % WATERMARK_EVERY === 0) advance(newest - OUT_OF_ORDER_MS - 1)
  }
  advance(Infinity)
}

/** The row of one output of the library. */
export function rowOf(windowedKey: string, count: number): { key: string; start: number; count: number } {
  const slash = windowedKey.indexOf('/')
  return { key: windowedKey.slice(slash + 1), start: Number(windowedKey.slice(0, slash)) * WINDOW_MS, count }
}
