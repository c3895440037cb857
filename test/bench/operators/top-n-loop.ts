import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents, OUT_OF_ORDER_MS } from '../engine/keyed-events.ts'
import { rowTally } from '../engine/row-tally.ts'
import { WATERMARK_EVERY, WINDOW_MS } from '../engine/tumbling-count.ts'
import type { Variant } from '../rate-case.ts'
import { topN } from './cases.ts'

const N = 3

/** A Map per open window, with the best records of each key in order. */
export function topNLoop(): Variant {
  const events = new KeyedEvents(topN.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const open = new Map<number, Map<string, KeyedEvent[]>>()
      let newest = -Infinity
      const fire = (watermark: number): void => {
        for (const [start, tops] of open) {
          if (start + WINDOW_MS - 1 > watermark) continue
          for (const [key, top] of tops) {
            let sum = 0
            for (const { amount } of top) sum += amount
            tally.take({ key, start, count: sum })
          }
          open.delete(start)
        }
      }
      for (let index = 0; index < records; index++) {
        const event = events.read(index)
        const { key, timestamp, amount } = event
        if (timestamp > newest) newest = timestamp
        const start = timestamp - (timestamp % WINDOW_MS)
        let tops = open.get(start)
        if (tops === undefined) open.set(start, (tops = new Map()))
        const top = tops.get(key)
        if (top === undefined) tops.set(key, [event])
        else if (top.length < N || amount > (top[N - 1] as KeyedEvent).amount) {
          let at = top.length
          while (at > 0 && amount > (top[at - 1] as KeyedEvent).amount) at--
          top.splice(at, 0, event)
          if (top.length > N) top.pop()
        }
        if ((index + 1) % WATERMARK_EVERY === 0) fire(newest - OUT_OF_ORDER_MS - 1)
      }
      fire(Infinity)
      return tally.outcome()
    },
  }
}
