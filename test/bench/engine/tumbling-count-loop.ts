import type { Variant } from '../rate-case.ts'
import { KeyedEvents, OUT_OF_ORDER_MS } from './keyed-events.ts'
import { rowTally } from './row-tally.ts'
import { tumblingCount, WATERMARK_EVERY, WINDOW_MS } from './tumbling-count.ts'

interface OpenWindow {
  readonly start: number
  readonly end: number
  readonly counters: Map<string, { count: number }>
}

/** A Map of counters per open window; the window of the record before is tried first, since nearly all share it. */
export function tumblingCountLoop(): Variant {
  const events = new KeyedEvents(tumblingCount.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      let open: OpenWindow[] = []
      let current: OpenWindow = { start: Infinity, end: -Infinity, counters: new Map() }
      let newest = -Infinity
      const fire = (watermark: number): void => {
        if (!open.some(({ end }) => end - 1 <= watermark)) return
        for (const { start, end, counters } of open) {
          if (end - 1 <= watermark) for (const [key, { count }] of counters) tally.take({ key, start, count })
        }
        open = open.filter(({ end }) => end - 1 > watermark)
      }
      for (let index = 0; index < records; index++) {
        const { key, timestamp } = events.read(index)
        if (timestamp > newest) newest = timestamp
        if (timestamp < current.start || timestamp >= current.end) {
          const start = timestamp - (timestamp % WINDOW_MS)
          current = open.find((window) => window.start === start) ?? { start, end: start + WINDOW_MS, counters: new Map() }
          if (!open.includes(current)) open.push(current)
        }
        const counter = current.counters.get(key)
        if (counter === undefined) current.counters.set(key, { count: 1 })
        else counter.count++
        if ((index + 1) % WATERMARK_EVERY === 0) fire(newest - OUT_OF_ORDER_MS - 1)
      }
      fire(Infinity)
      return tally.outcome()
    },
  }
}
