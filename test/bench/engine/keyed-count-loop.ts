import type { Variant } from '../rate-case.ts'
import { KeyedEvents } from './keyed-events.ts'
import { rowTally } from './row-tally.ts'
import { keyedCount } from './keyed-count.ts'

/** One Map, its counters changed in place: one look-up per record. */
export function keyedCountLoop(): Variant {
  const events = new KeyedEvents(keyedCount.records)
  return {
    run(records, check) {
      const tally = rowTally(check)
      const counters = new Map<string, { count: number }>()
      for (let index = 0; index < records; index++) {
        const { key } = events.read(index)
        const counter = counters.get(key)
        if (counter === undefined) {
          counters.set(key, { count: 1 })
          tally.take({ key, start: 0, count: 1 })
        } else {
          tally.take({ key, start: 0, count: ++counter.count })
        }
      }
      return tally.outcome()
    },
  }
}
