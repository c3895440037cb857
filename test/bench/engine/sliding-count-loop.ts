import type { Variant } from '../rate-case.ts'
import { KeyedEvents, OUT_OF_ORDER_MS } from './keyed-events.ts'
import { rowTally } from './row-tally.ts'
import { SLIDE_MS, SLIDING_SIZE_MS } from './sliding-count.ts'
import { WATERMARK_EVERY } from './tumbling-count.ts'

const SLICES = SLIDING_SIZE_MS / SLIDE_MS

interface Running {
  readonly key: string
  count: number
}

/**
 * One Map of counters per second. Since counts can be subtracted, each key has one running count: a window adds the second
 * that enters and takes away the one that leaves.
 */
export function slidingCountLoop(length: number, recordsPerMs: number): Variant {
  const events = new KeyedEvents(length, recordsPerMs)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const slices = new Map<number, Map<Running, { count: number }>>()
      const keys = new Map<string, Running>()
      let newest = -Infinity
      let first = Infinity
      let next = Infinity
      let currentSecond = NaN
      let current = new Map<Running, { count: number }>()
      /** Fires the windows whose last second is `next`, and on to the watermark. */
      const fire = (watermark: number, lastSecond: number): void => {
        for (; next <= lastSecond && (next + 1) * SLIDE_MS - 1 <= watermark; next++) {
          for (const [running, { count }] of slices.get(next) ?? []) running.count += count
          for (const [running, { count }] of slices.get(next - SLICES) ?? []) running.count -= count
          slices.delete(next - SLICES)
          const start = (next + 1) * SLIDE_MS - SLIDING_SIZE_MS
          for (const { key, count } of keys.values()) if (count > 0) tally.take({ key, start, count })
        }
      }
      for (let index = 0; index < records; index++) {
        const { key, timestamp } = events.read(index)
        if (timestamp > newest) newest = timestamp
        const second = Math.floor(timestamp / SLIDE_MS)
        if (second !== currentSecond) {
          currentSecond = second
          first = Math.min(first, second)
          if (next > second) next = first
          current = slices.get(second) ?? new Map()
          slices.set(second, current)
        }
        let running = keys.get(key)
        if (running === undefined) keys.set(key, (running = { key, count: 0 }))
        const counter = current.get(running)
        if (counter === undefined) current.set(running, { count: 1 })
        else counter.count++
        if ((index + 1) % WATERMARK_EVERY === 0) fire(newest - OUT_OF_ORDER_MS - 1, Infinity)
      }
      fire(Infinity, Math.floor(newest / SLIDE_MS) + SLICES - 1)
      return tally.outcome()
    },
  }
}
